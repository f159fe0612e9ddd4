# The name of the next program is a pipe: who writes it waits for a reader.
# attacks: stdio call
import os

for name in ("program.py", "solution.py", "program.sh", "program.cpp"):
    try: os.unlink(name)
    except OSError: pass
    os.mkfifo(name)

def f(a, b): return 0
