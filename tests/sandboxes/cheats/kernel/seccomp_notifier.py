# Its own filter, whose verdicts wait for a process that never answers.
# attacks: stdio
# ends: wrong time runtime_error
# cpu_s: 0.1
import ctypes, struct

libc = ctypes.CDLL(None)
program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FC00000))
filter = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(program)))
libc.syscall(317, 1, 8, filter)
print(0)
