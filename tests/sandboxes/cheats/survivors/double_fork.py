# A daemon by double fork and setsid.
# attacks: stdio call
import os, time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(1024):
            try: os.close(fd)
            except OSError: pass
        while True:
            open("/tmp/mark", "a").write("x")
            time.sleep(0.001)
    os._exit(0)

def f(a, b): return 0
