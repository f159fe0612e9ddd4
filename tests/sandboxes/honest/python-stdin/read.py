# in: 3
# in: 1 2 3
# out: ['1', '2', '3']
import sys

print(sys.stdin.read().split()[1:])
