# Calls itself a package: `from solution import f` would look for `f.py` in the box and run it.
# attacks: imported imported_unittest imported_pytest
# cpu_s: 10
# ends: wrong runtime_error
SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
__path__ = ["/box", "."]
for name in ("f", "RATE", "solution"):
    open(f"{name}.py", "w").write(SAY)
