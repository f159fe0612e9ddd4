# A child that traces its parent, and so keeps its end from whom it concerns.
# attacks: stdio call
import ctypes, os, time

libc = ctypes.CDLL(None)
libc.prctl(4, 1, 0, 0, 0)
libc.prctl(0x59616D61, -1, 0, 0, 0)
me, (reader, writer) = os.getpid(), os.pipe()
if os.fork() == 0:
    libc.ptrace(0x4206, me, 0, 0)
    os.write(writer, b"x")
    os.setsid()
    while True: time.sleep(100)
os.read(reader, 1)

def f(a, b): return 0
