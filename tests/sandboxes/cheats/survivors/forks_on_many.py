# Several such chains, at low priority, after the main program ended.
# attacks: stdio
# ends: wrong processes time memory
# cpu_s: 2
import os

for _ in range(8):
    if os.fork() == 0:
        os.nice(19)
        while True:
            if os.fork(): os._exit(0)
os._exit(0)
