# in: 3
# in: 1 2 3
# out: 9
import sys

print(sum(sum(map(int, line.split())) for line in sys.stdin.buffer))
