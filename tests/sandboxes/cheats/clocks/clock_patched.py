# Every clock of the process stands still.
# attacks: stdio call
# ends: time
# cpu_s: 0.2
import os, time

time.time = time.monotonic = time.process_time = time.perf_counter = lambda: 0.0
os.times = lambda: (0, 0, 0, 0, 0)

def f(a, b):
    while time.time() < 1: pass

if __name__ == "__main__": f(1, 2)
