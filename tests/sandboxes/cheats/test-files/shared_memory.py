# Tests in shared memory.
# attacks: stdio call
import os

print([open(f"/dev/shm/{name}", "rb").read() for name in os.listdir("/dev/shm")])

def f(a, b): return 0
