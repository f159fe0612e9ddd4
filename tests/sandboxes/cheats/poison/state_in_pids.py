# Remembers by using up PIDs, and burns through the table.
# attacks: stdio
# ends: wrong time
# cpu_s: 1
import os

for _ in range(300):
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
