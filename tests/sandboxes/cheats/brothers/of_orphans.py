# Brothers of an orphan: children of whoever takes in orphans here.
# attacks: stdio call
import ctypes, os, time

libc = ctypes.CDLL(None)
if os.fork() == 0:
    parent = os.getpid()
    if os.fork() == 0:
        while os.getppid() == parent: time.sleep(0.001)
        for _ in range(60):
            if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: os._exit(0)
    os._exit(0)
os.wait()
time.sleep(0.1)

def f(a, b): return 0
