# Closes its ends of the pipes so that who writes there dies.
# attacks: stdio asserts
# ends: wrong runtime_error
import os

for fd in (0, 1, 2, 4):
    try: os.close(fd)
    except OSError: pass

def f(a, b): return 0
