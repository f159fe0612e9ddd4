# Takes from itself and its children the right to be cleaned.
# attacks: stdio
import ctypes, os, struct

libc = ctypes.CDLL(None)
fd = libc.syscall(444, struct.pack("Q", 0x1FFF), 8, 0)
if fd >= 0:
    os.makedirs("/tmp/d/e", exist_ok=True)
    libc.syscall(446, fd, 0)
print(0)
