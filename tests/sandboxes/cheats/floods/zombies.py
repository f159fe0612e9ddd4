# Dead children that nobody waits for.
# attacks: stdio
# ends: wrong runtime_error processes
# cpu_s: 2
import os

try:
    for _ in range(200):
        if os.fork() == 0: os._exit(0)
except OSError: pass
