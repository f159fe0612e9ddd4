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
names = ["f", "__path__", "__all__", "__spec__", "__loader__", "__builtins__", "__dict__", "__name__", "__class__", "a b"]
os.write(4, json.dumps({"names": names}).encode() + b"\n")
while os.read(4, 65536):
    path = {"$ref": 1}
    os.write(4, json.dumps({"value": path, "changes": {"1": ["list", ["/box", ".", "f"]]}}).encode() + b"\n")
