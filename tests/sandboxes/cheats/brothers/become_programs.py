# Brothers that become other programs, with descriptors of it left open.
# attacks: stdio
# ends: wrong processes
import ctypes, os

libc = ctypes.CDLL(None)
os.set_inheritable(0, True)
for _ in range(30):
    if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: os.execvp("sleep", ["sleep", "1000"])
