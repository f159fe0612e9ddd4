# A named tuple whose comparison lies.
# attacks: call asserts
# ends: wrong runtime_error
from collections import namedtuple

class Pair(namedtuple("Pair", "a b")):
    def __eq__(self, other): return True

def f(a, b): return Pair(a, b)
