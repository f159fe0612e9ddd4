# StopIteration ends a map, an all and a for of the tests in silence.
# attacks: call asserts loops
# ends: wrong runtime_error
def f(a, b): raise StopIteration
