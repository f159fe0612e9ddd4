# Hard links to files of others.
# attacks: stdio
import glob, os

for path in [*glob.glob("/opt/**/*.py", recursive=True), "/etc/passwd", "/bin/su", "/proc/self/exe"]:
    for space in (".", "/tmp", "/dev/shm"):
        try: os.link(path, f"{space}/hard"); print("linked")
        except OSError: pass
