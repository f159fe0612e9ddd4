# A subclass deep within exact containers.
# attacks: call asserts
# ends: wrong runtime_error
class Any(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__

def f(a, b): return {"a": [({1: (Any(1),)},)]}
