# Leaves no inode.
# attacks: stdio
# cpu_s: 3
for folder in (".", "/tmp", "/dev/shm"):
    try:
        for i in range(9000): open(f"{folder}/{i}", "w").close()
    except OSError: pass
