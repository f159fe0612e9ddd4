# out: 0 0 0
import sys

print(sys.flags.optimize, sys.flags.isolated, sys.flags.no_site)
