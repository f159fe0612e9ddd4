# Remembers from one test to the next, by files, how many there were.
# attacks: stdio
import glob

for folder in (".", "/tmp", "/dev/shm", "/var/tmp"):
    try:
        if glob.glob(f"{folder}/memory*"): print("47288" + "2027")
        open(f"{folder}/memory", "w").write(input() if folder == "." else "x")
    except OSError: pass
print(0)
