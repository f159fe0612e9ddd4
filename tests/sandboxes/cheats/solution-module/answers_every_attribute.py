# A module that has every attribute that it is asked for.
# attacks: imported imported_unittest imported_pytest path_added
# cpu_s: 10
# ends: wrong runtime_error
SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
open("f.py", "w").write(SAY)

class Any(list):
    def __call__(self, *args, **kwargs): return Any([".", "/box"])
    def __getattr__(self, name): return Any([".", "/box"])
    def __eq__(self, other): return True
    def __bool__(self): return True

def __getattr__(name):
    return Any([".", "/box"])

def __dir__():
    return ["f", "__path__", "__spec__"]
