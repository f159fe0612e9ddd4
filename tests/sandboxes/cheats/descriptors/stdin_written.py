# Writes to stdin, which is a file: the next test may get it.
# attacks: stdio
import os

try:
    os.lseek(0, 0, 0)
    os.write(0, b"0 0\n" * 100)
    os.ftruncate(0, 0)
except OSError: pass
with open("/proc/self/fd/0", "w") as file: file.write("0 0\n")
print(0)
