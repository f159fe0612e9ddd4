# Makes the pipes blocking, packetwise, tiny and huge.
# attacks: stdio call
import fcntl, os

for fd in (1, 2, 3):
    for command, value in ((fcntl.F_SETFL, os.O_DIRECT), (fcntl.F_SETFL, os.O_NONBLOCK), (1031, 4096), (1031, 1 << 20), (fcntl.F_SETOWN, 1), (10, 9)):
        try: fcntl.fcntl(fd, command, value)
        except OSError: pass

def f(a, b): return 0

os.write(1, b"x" * 100)
