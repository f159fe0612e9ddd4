# An int of more digits than may be printed.
# attacks: call asserts near unittest
# ends: wrong runtime_error time
def f(a, b): return 10**5000
