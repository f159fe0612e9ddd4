# in: x
# out: False False
import sys

print(sys.stdin.isatty(), sys.stdout.isatty())
