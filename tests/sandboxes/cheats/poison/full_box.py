# Leaves no room for the next program.
# attacks: stdio call
# cpu_s: 3
# memory_mb: 512
for folder in (".", "/tmp", "/dev/shm"):
    try:
        for i in range(3):
            with open(f"{folder}/{i}", "wb") as file:
                for _ in range(40): file.write(bytes(1 << 20))
    except OSError: pass

def f(a, b): return 0
