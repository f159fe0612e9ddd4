# Dead brothers of a solution, and of its children.
# attacks: asserts loops unittest pytest
# ends: wrong runtime_error processes
# cpu_s: 2
import ctypes, os

libc = ctypes.CDLL(None)
for _ in range(10):
    if (pid := os.fork()) == 0:
        for _ in range(6):
            if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: os._exit(0)
        os._exit(0)
    for _ in range(5):
        if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: os._exit(0)

def f(a, b): return 0
