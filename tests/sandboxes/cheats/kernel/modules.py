# Modules, kexec, reboot, swap, quotas and accounting.
# attacks: stdio
import ctypes

libc = ctypes.CDLL(None)
for call, arguments in ((175, (b"", 0, b"")), (176, (b"ext4", 0)), (246, (0, 0, 0, 0)), (167, (b"/box/f", 0)), (163, (b"/box/f",)), (172, (3,)), (169, (0xFEE1DEAD, 0x28121969, 0, 0)), (103, (5, 0, 0))):
    if libc.syscall(call, *arguments) >= 0: print("did", call)
