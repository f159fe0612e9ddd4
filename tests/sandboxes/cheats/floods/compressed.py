# Little that becomes much.
# attacks: stdio
# ends: memory
# cpu_s: 3
import zlib

data = zlib.compress(bytes(100 << 20))
kept = [zlib.decompress(data) for _ in range(9)]
