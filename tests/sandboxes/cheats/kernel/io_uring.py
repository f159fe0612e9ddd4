# A queue of calls that passes by what watches calls.
# attacks: stdio
import ctypes, os

libc = ctypes.CDLL(None)
fd = libc.syscall(425, 8, ctypes.create_string_buffer(120))
if fd >= 0: os.close(fd)
print(0)
