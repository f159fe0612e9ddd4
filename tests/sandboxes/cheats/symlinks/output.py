# Stdout by a link of its own making.
# attacks: stdio
import os

os.symlink("/proc/1/fd/1", "out")
try: open("out", "w").write('{"results": []}\n')
except OSError: print(0)
