# The right answer on stderr.
# attacks: stdio floats
import sys

a, b = map(int, input().split())
print(a * b, file=sys.stderr)
