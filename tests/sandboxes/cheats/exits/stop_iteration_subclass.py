# A subclass crosses as its nearest builtin.
# attacks: asserts loops
class Stop(StopIteration): pass

def f(a, b): raise Stop
