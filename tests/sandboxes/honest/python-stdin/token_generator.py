# in: 2
# in: 5
# in: 7 9
# out: 21
import sys

tokens = (token for line in sys.stdin for token in line.split())
n = int(next(tokens))
print(sum(int(next(tokens)) for _ in range(n + 1)))
