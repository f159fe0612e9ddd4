# A subclass crosses as its nearest builtin.
# attacks: asserts loops
# ends: wrong runtime_error
class Stop(StopIteration): pass

def f(a, b): raise Stop
