# Traces its parents.
# attacks: stdio asserts
import ctypes, os

libc = ctypes.CDLL(None)

def f(a, b):
    for pid in (1, os.getppid(), os.getppid() - 1):
        for request in (16, 0x4206):
            if libc.ptrace(request, pid, 0, 0) == 0: print("traced", pid)
    return 0

f(1, 2)
