# An iterator that yields equal objects without end.
# attacks: call asserts loops
# ends: wrong runtime_error
import itertools

class Any:
    def __eq__(self, other): return True
    __hash__ = None

def f(a, b): return itertools.repeat(Any())
