# in: ""
# out: 0
import sys

print(len(sys.stdin.read()))
