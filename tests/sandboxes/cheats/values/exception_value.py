# The answer as an exception's value.
# attacks: call asserts
# ends: wrong runtime_error
def f(a, b): return ValueError(a * b)
