# Disk by reservation, not by writing.
# attacks: stdio
# ends: runtime_error
import os

for i in range(100):
    fd = os.open(f"{i}", os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(fd, 0, 60 << 20)
