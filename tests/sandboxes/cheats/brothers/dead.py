# Dead brothers: children given to the zygote (CLONE_PARENT), which nobody there asks for.
# attacks: stdio call asserts
import ctypes, os

libc = ctypes.CDLL(None)
for _ in range(70):
    if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: os._exit(0)

def f(a, b): return 0
