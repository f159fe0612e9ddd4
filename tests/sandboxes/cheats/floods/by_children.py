# Many children write at once.
# attacks: stdio
# ends: output
# cpu_s: 3
import os

for _ in range(8):
    if os.fork() == 0:
        while True: os.write(1, b"x" * 4096)
os.wait()
