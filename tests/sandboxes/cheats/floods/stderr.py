# The same on stderr.
# attacks: stdio asserts
# ends: output
# cpu_s: 3
import sys

while True: sys.stderr.write("x" * 1000)
