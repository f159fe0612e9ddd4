# New namespaces, in which it would be root.
# attacks: stdio
import ctypes

libc = ctypes.CDLL(None)
for flags in (0x10000000, 0x10020000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x2000000):
    if libc.unshare(flags) == 0: print("unshared", hex(flags))
