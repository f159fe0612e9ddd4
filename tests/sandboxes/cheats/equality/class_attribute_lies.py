# `__class__` says int; type() does not.
# attacks: call asserts near
# ends: wrong runtime_error
class Liar:
    @property
    def __class__(self): return int
    def __eq__(self, other): return True
    def __sub__(self, other): return 0

def f(a, b): return Liar()
