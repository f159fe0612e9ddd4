# The abs of the difference is an object that is below every tolerance.
# attacks: near
class Tiny:
    def __lt__(self, other): return True
    def __le__(self, other): return True
    def __abs__(self): return self
    def __sub__(self, other): return self
    def __rsub__(self, other): return self

def f(a, b): return Tiny()
