# out: ['program.py'] True
import sys

print(sys.argv, len(open(__file__).read()) > 10)
