# Reads from every descriptor: requests of the zygote, inputs of later tests.
# attacks: stdio
import os, select

for fd in range(3, 1024):
    try:
        if select.select([fd], [], [], 0)[0]: print(os.read(fd, 100))
    except (OSError, ValueError): pass
print(0)
