# Each child burns less than the limit.
# attacks: stdio
# ends: time
# cpu_s: 0.3
import os, time

while True:
    pid = os.fork()
    if pid == 0:
        end = time.process_time() + 0.05
        while time.process_time() < end: pass
        os._exit(0)
    os.waitpid(pid, 0)
