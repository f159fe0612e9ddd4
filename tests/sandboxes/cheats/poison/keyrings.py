# A key in the keyring of its uid, which outlives every process: it counts the jobs and reports.
# attacks: stdio
import ctypes

libc = ctypes.CDLL(None)
for ring in (-3, -4, -5):
    found = libc.syscall(250, 10, ring, b"user", b"evil", 0)
    if found > 0: print("47288" + "2027")
    libc.syscall(248, b"user", b"evil", b"data", 4, ring)
libc.syscall(248, b"user", b"evil", b"data", 4, libc.syscall(250, 22, -1, -4))
