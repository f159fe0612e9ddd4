# Parts of itself among the loaded modules, as a package has them.
# attacks: imported imported_unittest imported_pytest
# cpu_s: 10
# ends: wrong runtime_error
import sys, types

SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
for name in ("solution.f", "solution.RATE", "f"):
    part = sys.modules[name] = types.ModuleType(name)
    part.__path__, part.__file__ = ["."], "f.py"
    exec("def f(a, b): return 0", part.__dict__)
open("f.py", "w").write(SAY)
package = sys.modules["solution"] = types.ModuleType("solution")
package.__path__ = ["."]
