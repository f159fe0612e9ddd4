# in: 3
# in: 1 2 3
# out: 4
import sys

print(sum(len(line.split()) for line in sys.stdin))
