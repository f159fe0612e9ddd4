# Files of /sys: processors off, memory limits up.
# attacks: stdio
import glob

for path in [*glob.glob("/sys/fs/cgroup/*"), *glob.glob("/sys/devices/system/cpu/*/online"), *glob.glob("/sys/kernel/*"), "/sys/power/state"]:
    try:
        open(path, "w").write("max")
        print("may write", path)
    except OSError: pass
