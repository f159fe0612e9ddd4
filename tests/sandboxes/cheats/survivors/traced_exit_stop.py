# The tracer asks to be told of the exit, which then waits for it.
# attacks: stdio
# ends: wrong time
# cpu_s: 0.1
import ctypes, os, time

libc = ctypes.CDLL(None)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.prctl(4, 1, 0, 0, 0)
me, (reader, writer) = os.getpid(), os.pipe()
if os.fork() == 0:
    libc.ptrace(0x4206, me, None, 0x40)
    os.write(writer, b"x")
    while True: time.sleep(100)
os.read(reader, 1)
