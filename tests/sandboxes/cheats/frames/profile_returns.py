# A profiler that sees every return value of every function in this process.
# attacks: call asserts
# ends: wrong runtime_error
import sys

seen = []
sys.setprofile(lambda frame, event, arg: seen.append(arg) if event == "return" and type(arg) is int else None)

def f(a, b): return max(seen, default=0)
