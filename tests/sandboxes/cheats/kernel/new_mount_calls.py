# The newer calls for it.
# attacks: stdio
import ctypes

libc = ctypes.CDLL(None)
for call, arguments in ((430, (b"tmpfs", 0)), (428, (-100, b"/", 1)), (442, (-100, b"/", 0, bytes(32), 32)), (155, (b".", b"."))):
    if libc.syscall(call, *arguments) >= 0: print("did", call)
