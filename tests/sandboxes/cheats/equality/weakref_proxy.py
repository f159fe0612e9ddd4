# A proxy compares as what it points at does.
# attacks: call asserts
# ends: wrong runtime_error
import weakref

class Any:
    def __eq__(self, other): return True
    __hash__ = None

it = Any()

def f(a, b): return weakref.proxy(it)
