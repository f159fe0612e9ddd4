# SIGKILL to everybody.
# attacks: stdio call
# one uid: it may end its own slot
# ends: wrong
import os, signal

try: os.kill(-1, signal.SIGKILL)
except OSError: pass

def f(a, b): return 0
