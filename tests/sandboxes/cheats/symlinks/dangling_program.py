# The next program's names dangle.
# attacks: stdio call
import os

for name in ("program.py", "solution.py", "program.sh", "program.cpp", "program"):
    try: os.unlink(name)
    except OSError: pass
    os.symlink("/tmp/elsewhere", name)

def f(a, b): return 0
