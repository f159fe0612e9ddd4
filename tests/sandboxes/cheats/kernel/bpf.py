# Programs in the kernel.
# attacks: stdio
import ctypes, struct

libc = ctypes.CDLL(None)
for command in (0, 5):
    if libc.syscall(321, command, ctypes.create_string_buffer(struct.pack("IIII", 2, 4, 8, 1), 72), 72) >= 0: print("made", command)
