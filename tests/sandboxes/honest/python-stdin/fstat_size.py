# in: 3
# in: 1 2 3
# out: b'3\n'
import io, os

data = io.BytesIO(os.read(0, os.fstat(0).st_size))
print(data.readline())
