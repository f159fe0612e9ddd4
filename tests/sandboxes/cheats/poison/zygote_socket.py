# Answers in the place of the zygote.
# attacks: stdio call
import glob, os, socket

for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if "socket" in os.readlink(path): os.open(path, os.O_RDWR); print("opened")
    except OSError: pass
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
    for name in ("", "\0zygote"):
        try: line.connect(name or "/box/x")
        except OSError: pass

def f(a, b): return 0
