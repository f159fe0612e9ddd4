# Objects whose repr, str, hash and len leave with status 0: a failing assert shows them.
# attacks: call asserts unittest loops
# ends: wrong runtime_error
import os

class Bomb:
    def __repr__(self): os._exit(0)
    __str__ = __hash__ = __len__ = __bool__ = __iter__ = __repr__

def f(a, b): return Bomb()
