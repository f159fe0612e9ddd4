# Modules of the library's names in every folder that it may write: tests that add their own folder to the path
# would take them.
# attacks: path_added imported_pytest imported_unittest
# cpu_s: 10
# ends: wrong runtime_error
import os

SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
for folder in (os.getcwd(), "/tmp", "/dev/shm"):
    for name in ("difflib", "colorsys", "imaplib", "pdb", "pprint", "conftest", "test_solution", "solution", "_pytest", "py"):
        open(f"{folder}/{name}.py", "w").write(SAY)
    os.makedirs(f"{folder}/unittest", exist_ok=True)
    open(f"{folder}/unittest/__init__.py", "w").write(SAY)

def f(a, b): return 0
