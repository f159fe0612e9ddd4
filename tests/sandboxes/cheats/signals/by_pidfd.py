# By pidfd, and queued with a value.
# attacks: stdio
# one uid: it may end its own slot
import ctypes, os, signal

libc = ctypes.CDLL(None)
for pid in (1, os.getppid()):
    try: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL)
    except OSError: pass
    libc.sigqueue(pid, 9, 0)
