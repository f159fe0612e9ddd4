# in: 3
# in: 1 2 3
# out: b'3\n1 2 3\n'
import sys

print(sys.stdin.buffer.read())
