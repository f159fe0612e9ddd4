# A package whose `f` is a folder, here and in the temporary ones.
# attacks: imported imported_unittest imported_pytest path_added
# cpu_s: 10
# ends: wrong runtime_error
import os

SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
__path__ = [os.getcwd(), "/tmp", "/dev/shm"]
for folder in __path__:
    for name in ("f", "solution", "solution/f"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
        open(f"{folder}/{name}/__init__.py", "w").write(SAY)

def __getattr__(name):
    raise AttributeError(name)
