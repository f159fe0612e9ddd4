# Children that grow in step: what all of them have is not what they share.
# attacks: stdio
# ends: memory
# cpu_s: 3
import os, time

for _ in range(7):
    if os.fork() == 0: break
kept, start = [], time.monotonic()
for step in range(10):
    while time.monotonic() < start + 0.05 * step: time.sleep(0.001)
    kept.append(bytearray(10 << 20))
time.sleep(1)
