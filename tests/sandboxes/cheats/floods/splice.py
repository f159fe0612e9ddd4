# Output by splice, from a file that never ends.
# attacks: stdio
# ends: output
# cpu_s: 3
import os

fd = os.open("/dev/zero", os.O_RDONLY)
while True:
    try: os.sendfile(1, fd, None, 1 << 20)
    except OSError: os.write(1, bytes(1 << 16))
