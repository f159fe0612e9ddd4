# A loader and a spec of its own, for whoever asks the module how to load a part of it.
# attacks: imported imported_unittest imported_pytest
# cpu_s: 10
# ends: wrong runtime_error
import importlib.machinery, sys

SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
open("f.py", "w").write(SAY)

class Loader:
    def create_module(self, spec): return None
    def exec_module(self, module): exec(SAY, module.__dict__)
    def find_spec(self, name, path=None, target=None): return importlib.machinery.ModuleSpec(name, self)
    def is_package(self, name): return True

__loader__ = Loader()
__spec__ = importlib.machinery.ModuleSpec("solution", __loader__, is_package=True)
__spec__.submodule_search_locations = __path__ = ["."]
__package__ = "solution"
__file__ = "f.py"
sys.meta_path.insert(0, __loader__)
