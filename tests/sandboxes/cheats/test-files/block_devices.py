# The disk itself.
# attacks: stdio call
import glob, os, stat

for path in glob.glob("/dev/*") + glob.glob("/dev/mapper/*"):
    try:
        if stat.S_ISBLK(os.stat(path).st_mode): print(open(path, "rb").read(512))
    except OSError: pass
print(0)

def f(a, b): return 0
