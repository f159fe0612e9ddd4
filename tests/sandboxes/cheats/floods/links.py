# Hard links without number.
# attacks: stdio
# ends: wrong runtime_error
# cpu_s: 3
import os

open("f", "w").close()
try:
    for i in range(30_000): os.link("f", f"/box/l{i}")
except OSError: pass
