# in: 3
# in: 1 2 3
# out: [b'3', b'1', b'2', b'3']
import os

print(os.read(0, 100).split())
