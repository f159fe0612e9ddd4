# Brothers stopped as they are born, and traced by each other.
# attacks: stdio call
import ctypes, os, signal, time

libc = ctypes.CDLL(None)
libc.prctl(4, 1, 0, 0, 0)
pids = []
for _ in range(20):
    pid = libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0)
    if pid == 0:
        libc.prctl(0x59616D61, -1, 0, 0, 0)
        for other in pids: libc.ptrace(16, other, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    pids.append(pid)
time.sleep(0.05)

def f(a, b): return 0
