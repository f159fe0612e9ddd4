# The same for async loops.
# attacks: call asserts loops
# ends: wrong runtime_error
def f(a, b): raise StopAsyncIteration
