# Adopts its orphans itself and dies first.
# attacks: stdio
import ctypes, os, time

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
for _ in range(5):
    if os.fork() == 0:
        if os.fork() == 0: time.sleep(100)
        os._exit(0)
