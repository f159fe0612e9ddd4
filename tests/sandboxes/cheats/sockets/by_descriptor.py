# Asks everybody around for a socket that was opened before any filter.
# attacks: stdio
import ctypes, os, socket

libc = ctypes.CDLL(None)
a, b = map(int, input().split())
for name in os.listdir("/proc"):
    if not name.isdigit() or int(name) == os.getpid(): continue
    pidfd = libc.syscall(434, int(name), 0)
    for number in range(3, 64):
        fd = libc.syscall(438, pidfd, number, 0)
        try:
            if fd >= 0 and socket.socket(fileno=fd).family not in (1, 2, 10): print(a * b)
        except OSError: pass
