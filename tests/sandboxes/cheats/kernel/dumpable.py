# Makes itself dumpable, and a tracer of its own.
# attacks: asserts stdio
import ctypes, os

libc = ctypes.CDLL(None)
libc.prctl(4, 1, 0, 0, 0)
libc.prctl(0x59616D61, -1, 0, 0, 0)
libc.ptrace(0, 0, 0, 0)

def f(a, b): return 0
