# Every thread makes brothers, while the program ends.
# attacks: stdio call
# ends: wrong processes
import ctypes, os, threading

libc = ctypes.CDLL(None)
def make():
    for _ in range(20):
        if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: os._exit(0)

for _ in range(3): threading.Thread(target=make, daemon=True).start()
def f(a, b): return 0
