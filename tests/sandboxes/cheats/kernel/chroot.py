# A root of its own.
# attacks: stdio
import os

os.mkdir("r")
try: os.chroot("r"); print("rooted")
except OSError: pass
