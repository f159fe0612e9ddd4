# Asks to be the init of what it starts, and takes others' children.
# attacks: stdio
import ctypes, os

libc = ctypes.CDLL(None)
libc.prctl(36, 1, 0, 0, 0)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: os._exit(0)
        os._exit(0)
try:
    while True: os.waitpid(-1, os.WNOHANG) or (_ for _ in ()).throw(ChildProcessError)
except ChildProcessError: pass
