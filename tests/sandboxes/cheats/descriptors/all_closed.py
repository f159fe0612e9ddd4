# Closes everything, the standard ones too, and lives on.
# attacks: stdio
# ends: time
# cpu_s: 0.1
import os, time

os.closerange(0, 1024)
time.sleep(100)
