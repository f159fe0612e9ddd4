# Greets the tests in our place, with names that an import, `dir` or the interpreter reacts to.
# attacks: imported imported_unittest imported_pytest asserts
# cpu_s: 10
# ends: wrong runtime_error
import json, os

SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
open("f.py", "w").write(SAY)
names = {name: ["/box", "."] for name in ("__path__", "__all__", "__spec__", "__loader__", "__builtins__", "__dict__")}
names.update({name: "f" for name in ("__name__", "__file__", "__package__", "__class__", "__dir__", "__getattr__")})
os.write(4, json.dumps({"names": names, "module": {"$handle": [0, "module"]}}).encode() + b"\n")
