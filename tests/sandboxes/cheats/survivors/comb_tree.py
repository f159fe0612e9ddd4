# A deep tree with wide steps.
# attacks: stdio
# ends: wrong runtime_error
# cpu_s: 3
import os

try:
    for i in range(200):
        for j in range(19): os.mkdir(f"{j}")
        open("0/f", "w").close()
        os.chdir("1")
        os.chmod("../0", 0)
except OSError: pass
