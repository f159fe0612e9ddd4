# Files without a name that were mapped, written to and unmapped again; each child keeps one.
# attacks: stdio
# ends: memory
# cpu_s: 3
# memory_mb: 64
import mmap, os, time

a, b = map(int, input().split())
reader, writer = os.pipe()
for _ in range(6):
    if os.fork() == 0:
        fd = os.memfd_create("x")
        os.truncate(fd, 40 << 20)
        with mmap.mmap(fd, 40 << 20) as memory:
            for page in range(0, 40 << 20, 4096): memory[page] = 1
        os.write(writer, b"x")
        time.sleep(10)
for _ in range(6): os.read(reader, 1)
time.sleep(0.05)
print(a * b)
