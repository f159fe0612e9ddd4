# Orphans burn, one after the other, so that nobody of the job waits for them.
# attacks: stdio
# ends: time
# cpu_s: 0.1
import os, time

while True:
    pid = os.fork()
    if pid == 0:
        if os.fork() == 0:
            end = time.monotonic() + 0.03
            while time.monotonic() < end: pass
        os._exit(0)
    os.waitpid(pid, 0)
    time.sleep(0.03)
