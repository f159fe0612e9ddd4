# A vforked child that never execs, whose parent waits in the kernel.
# attacks: stdio
# ends: time
# cpu_s: 0.1
import ctypes

libc = ctypes.CDLL(None)
if libc.vfork() == 0:
    libc.pause()
