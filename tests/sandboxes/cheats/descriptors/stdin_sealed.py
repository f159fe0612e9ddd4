# Seals the file of its input.
# attacks: stdio
import fcntl

for seals in (1, 2, 4, 8, 16):
    try: fcntl.fcntl(0, 1033, seals)
    except OSError: pass
print(0)
