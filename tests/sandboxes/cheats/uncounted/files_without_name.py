# Work kept in files that have no name and that nobody maps.
# attacks: stdio call
# ends: memory
# cpu_s: 3
# memory_mb: 64
import os, time

def f(a, b):
    kept = [os.memfd_create("x") for _ in range(6)]
    for fd in kept:
        for _ in range(40): os.write(fd, b"x" * (1 << 20))
    time.sleep(0.05)
    return a * b

if __name__ == "__main__": print(f(*map(int, input().split())))
