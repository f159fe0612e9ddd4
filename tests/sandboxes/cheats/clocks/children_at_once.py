# Many children share the work.
# attacks: stdio
# ends: time
# cpu_s: 0.3
import os

for _ in range(6):
    if os.fork() == 0:
        while True: pass
os.wait()
