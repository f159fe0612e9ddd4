# Address space in thousands of pieces.
# attacks: stdio
# ends: wrong memory
# cpu_s: 3
import mmap

kept = []
try:
    for _ in range(20_000): kept.append(mmap.mmap(-1, 4096, prot=1 + len(kept) % 2))
except OSError: pass
print(0)
