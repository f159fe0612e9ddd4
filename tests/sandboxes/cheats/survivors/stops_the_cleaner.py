# Stops it instead, and goes on in a chain of short lives.
# attacks: stdio
# ends: wrong memory processes time
import os, signal, time

for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        time.sleep(0.002)
        while True:
            try: os.kill(-1, signal.SIGSTOP)
            except OSError: pass
            if os.fork(): os._exit(0)
os._exit(0)
