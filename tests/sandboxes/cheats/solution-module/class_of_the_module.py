# Changes the class of its own module, whose properties and metaclass then answer.
# attacks: imported imported_unittest imported_pytest
# cpu_s: 10
# ends: wrong runtime_error
import sys, types

SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
open("f.py", "w").write(SAY)

class Meta(type):
    __path__ = ["."]
    def __instancecheck__(cls, value): return True
    def __getattr__(cls, name): return ["."]

class Package(types.ModuleType, metaclass=Meta):
    @property
    def __path__(self): return ["."]
    @property
    def f(self): return Package
    def __eq__(self, other): return True

sys.modules[__name__].__class__ = Package
