# Leaves a program.py of its own, unwritable, for the next job.
# attacks: stdio call
import os

os.unlink("program.py")
os.mkdir("program.py")
open("program.py/x", "w").close()
os.chmod("program.py", 0)

def f(a, b): return 0
