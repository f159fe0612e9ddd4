# The processor's counters, of other processes.
# attacks: stdio
import ctypes, os, struct

libc = ctypes.CDLL(None)
for pid in (-1, 1, os.getppid()):
    if libc.syscall(298, ctypes.create_string_buffer(struct.pack("IIQ", 0, 120, 0), 120), pid, 0, -1, 0) >= 0: print("counts", pid)
