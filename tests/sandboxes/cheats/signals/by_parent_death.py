# Asks for a signal at the death of its parent, and for its children's.
# attacks: stdio
import ctypes, os, signal, time

libc = ctypes.CDLL(None)
if os.fork() == 0:
    libc.prctl(1, signal.SIGSTOP, 0, 0, 0)
    time.sleep(10)
