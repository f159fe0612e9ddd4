# in: one
# in: two
# out: one
# out: two
import sys

for line in iter(sys.stdin.readline, ""):
    print(line, end="")
