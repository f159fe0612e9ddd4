# Files wherever they may be written.
# attacks: stdio call
import glob

for folder in ("/", *glob.glob("/*/"), *glob.glob("/*/*/")):
    if folder.startswith(("/proc", "/sys")): continue
    for name in ("x", ".hidden"):
        try: open(f"{folder}/{name}", "w").write("x")
        except OSError: pass

def f(a, b): return 0
