# Links that the kernel resolves by itself: to open folders, roots and executables.
# attacks: stdio
import os

for i, target in enumerate(("/proc/self/root", "/proc/self/cwd", "/proc/1/cwd", "/proc/self/fd/0", "/proc/self/exe", "/dev/stdin")):
    os.symlink(target, f"magic{i}")
    os.symlink(target, f"/tmp/magic{i}")
