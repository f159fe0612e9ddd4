# in: b
# in: a
# out: ab
import sys

print("".join(sorted(map(str.strip, sys.stdin.readlines()))))
