# Children that did the work and stay zombies.
# attacks: stdio
# ends: time
# cpu_s: 0.5
import os, time

a, b = map(int, input().split())
for _ in range(16):
    reader, writer = os.pipe()
    if os.fork() == 0:
        end = time.thread_time() + 0.1
        while time.thread_time() < end: pass
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
print(a * b)
