# Memory that nobody maps, in files without a name.
# attacks: stdio
# ends: memory
# cpu_s: 20
import os

page, kept = bytes(1 << 20), []
while True:
    kept.append(os.memfd_create("x"))
    for _ in range(60): os.write(kept[-1], page)
