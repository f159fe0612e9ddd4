# A range that holds the right number.
# attacks: call asserts near loops
# ends: wrong runtime_error
def f(a, b): return range(10**18)
