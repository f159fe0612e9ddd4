# Leases and locks on what it was given.
# attacks: stdio
import fcntl

for fd in (0, 1, 2):
    for command in (fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_SH | fcntl.LOCK_NB):
        try: fcntl.flock(fd, command)
        except OSError: pass
    try: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError: pass
print(0)
