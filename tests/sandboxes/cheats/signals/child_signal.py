# Pretends that children ended.
# attacks: stdio
# one uid: it may end its own slot
import os, signal

for _ in range(200):
    for pid in (1, os.getppid()):
        try: os.kill(pid, signal.SIGCHLD)
        except OSError: pass
print(0)
