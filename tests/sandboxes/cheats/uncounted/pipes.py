# Pipes that are full and that nobody reads, as large as they may be.
# attacks: stdio
# ends: memory
# cpu_s: 3
# memory_mb: 48
import fcntl, os, time

a, b = map(int, input().split())
for _ in range(300):
    reader, writer = os.pipe2(os.O_NONBLOCK)
    try: fcntl.fcntl(writer, 1031, 1 << 20)
    except OSError: pass
    try:
        while True: os.write(writer, b"x" * 65536)
    except BlockingIOError: pass
time.sleep(0.05)
print(a * b)
