# Files in each folder that takes any.
# attacks: stdio call
# ends: memory
# cpu_s: 3
# memory_mb: 64

def f(a, b):
    for path in ("x", "/tmp/x", "/dev/shm/x"):
        with open(path, "wb") as file:
            for _ in range(40): file.write(b"x" * (1 << 20))
    return a * b

if __name__ == "__main__": print(f(*map(int, input().split())))
