# A function that would give the answer.
# attacks: call asserts near
# ends: wrong runtime_error
def f(a, b): return lambda: a * b
