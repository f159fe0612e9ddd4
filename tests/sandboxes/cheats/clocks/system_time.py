# Time in the kernel, not in the program.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import os

fd = os.open("/dev/zero", os.O_RDONLY)
while True: os.read(fd, 1 << 20)
