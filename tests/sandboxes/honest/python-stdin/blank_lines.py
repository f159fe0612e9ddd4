# in: 
# in: 4
# in: 
# out: [4]
import sys

print([int(line) for line in sys.stdin if line.strip()])
