# SystemExit(0) in the call: no failure to who catches Exception only.
# attacks: call asserts unittest loops
# ends: wrong runtime_error
import sys

def f(a, b): sys.exit(0)
