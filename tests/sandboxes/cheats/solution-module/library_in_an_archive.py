# The same as an archive, as compiled code, and by links of the kernel's to itself.
# attacks: path_added imported
# ends: wrong runtime_error
import os, py_compile, shutil, zipfile

SAY = """
import os
os.write(3, b'{"passed": true, "detail": "", "died": false}\\n')
os._exit(0)
"""
os.makedirs("parts", exist_ok=True)
for name in ("difflib", "colorsys", "imaplib", "f"):
    open(f"parts/{name}.py", "w").write(SAY)
    py_compile.compile(f"parts/{name}.py", f"{name}.pyc")
    shutil.copy(f"{name}.pyc", f"/tmp/{name}.pyc")
with zipfile.ZipFile("/tmp/solution.zip", "w") as archive:
    for name in os.listdir("parts"):
        archive.write(f"parts/{name}", name)
os.symlink(os.path.abspath("parts"), "/tmp/lib")
os.symlink("/proc/self/cwd/parts", "colorsys")
__path__ = ["/tmp/solution.zip", "/tmp/lib", f"/proc/{os.getpid()}/cwd/parts"]
def f(a, b): return 0
