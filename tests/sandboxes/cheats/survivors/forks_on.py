# A chain: each child forks the next and ends, so that its PID is never known in time.
# attacks: stdio
# cpu_s: 2
import os

if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork(): os._exit(0)
