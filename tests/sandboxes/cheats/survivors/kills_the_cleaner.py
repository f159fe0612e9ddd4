# Kills whatever gets its uid: the process that is to clean up as well.
# attacks: stdio
# ends: wrong runtime_error
import os, signal, time

for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        time.sleep(0.002)
        while True:
            try: os.kill(-1, signal.SIGKILL)
            except OSError: pass
os._exit(0)
