# Mounts, remounts and unmounts.
# attacks: stdio
import ctypes

libc = ctypes.CDLL(None)
for arguments in ((b"tmpfs", b"/tmp", b"tmpfs", 0, b""), (b"proc", b"/tmp", b"proc", 0, b""), (b"/", b"/box", b"", 4096, b""), (b"", b"/", b"", 32, b""), (b"", b"/usr", b"", 4128, b"")):
    if libc.mount(*arguments) == 0: print("mounted", arguments)
for path in (b"/proc", b"/tmp", b"/box", b"/sys", b"/dev/shm"):
    if libc.umount2(path, 2) == 0: print("unmounted", path)
