# Joins the group of its parent, to be spared or to take it along.
# attacks: stdio
import os

for pid in (1, os.getppid()):
    try: os.setpgid(0, os.getpgid(pid)); print("joined")
    except OSError: pass
