# Watches a whole file system, with the files' descriptors.
# attacks: stdio call
import ctypes

libc = ctypes.CDLL(None)
fd = libc.fanotify_init(0, 0)
print(libc.fanotify_mark(fd, 0x11, 0x20, -100, b"/") if fd >= 0 else "refused")

def f(a, b): return 0
