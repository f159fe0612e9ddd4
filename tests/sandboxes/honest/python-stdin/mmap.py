# in: 3
# in: 1 2 3
# out: 8
import mmap

print(len(mmap.mmap(0, 0, access=mmap.ACCESS_READ)))
