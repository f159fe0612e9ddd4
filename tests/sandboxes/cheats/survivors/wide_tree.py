# Thousands of folders side by side, each with a file: slow for who reads the folder again after each.
# attacks: stdio
# ends: wrong runtime_error
# cpu_s: 3
import os

for space in ("/box", "/tmp", "/dev/shm"):
    try:
        for i in range(4000):
            os.mkdir(f"{space}/{i}")
            open(f"{space}/{i}/f", "w").close()
    except OSError: pass
