# A setuid program of its own making.
# attacks: stdio
import os, shutil, subprocess

shutil.copy("/bin/sh", "sh")
os.chmod("sh", 0o6755)
try: os.chown("sh", 0, 0); print("chowned") if os.getuid() else None
except OSError: pass
print(subprocess.run(["./sh", "-pc", "id -u"], capture_output=True, text=True).stdout.strip() == "0" and os.getuid() != 0)
