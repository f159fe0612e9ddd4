# The same by clone and clone3.
# attacks: stdio
import ctypes, os, struct

libc = ctypes.CDLL(None)
for flags in (0x10000000, 0x20000):
    pid = libc.syscall(56, flags | 17, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    if pid > 0: print("cloned")
    pid = libc.syscall(435, struct.pack("11Q", flags, *[0] * 3, 17, *[0] * 6), 88)
    if pid == 0: os._exit(0)
    if pid > 0: print("cloned")
