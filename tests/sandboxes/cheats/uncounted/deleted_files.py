# Files that are deleted and still open, in each folder that takes any.
# attacks: stdio
# ends: memory
# cpu_s: 3
# memory_mb: 64
import os, time

a, b = map(int, input().split())
kept = []
for folder in (".", "/tmp", "/dev/shm"):
    kept.append(open(f"{folder}/x", "wb"))
    os.unlink(f"{folder}/x")
    for _ in range(40): kept[-1].write(b"x" * (1 << 20))
time.sleep(0.05)
print(a * b)
