# The kernel's memory and log.
# attacks: stdio call
for path in ("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/dev/kmsg", "/proc/kmsg", "/dev/vcs", "/proc/kallsyms"):
    try:
        text = open(path, "rb").read(100000)
        if path != "/proc/kallsyms" and text: print(path, text[:20])
    except OSError: pass
print(0)

def f(a, b): return 0
