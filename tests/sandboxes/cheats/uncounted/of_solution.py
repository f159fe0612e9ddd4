# Orphans of a solution work for it.
# attacks: asserts pytest
# ends: time
# cpu_s: 0.9
import os, time

def f(a, b):
    for _ in range(25):
        reader, writer = os.pipe()
        if os.fork() == 0:
            if os.fork() == 0:
                end = time.thread_time() + 0.1
                while time.thread_time() < end: pass
            os._exit(0)
        os.wait()
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
    return a * b
