# The program's own name is a link to a file of the sandbox: the next writer would write there.
# attacks: stdio call
import os

os.unlink("program.py")
os.symlink("/opt/temper/sandboxes/box/zygote.py", "program.py")

def f(a, b): return 0
