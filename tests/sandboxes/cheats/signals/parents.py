# Stops, kills and alarms its parents.
# attacks: stdio
# one uid: it may end its own slot
import os, signal

for pid in (1, os.getppid(), os.getppid() - 1):
    for number in (signal.SIGSTOP, signal.SIGALRM, signal.SIGKILL, signal.SIGUSR1, signal.SIGTERM, signal.SIGHUP):
        try: os.kill(pid, number)
        except OSError: pass
