# An exception whose class, text and reduction lie.
# attacks: call asserts
# ends: wrong runtime_error
class Lie(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
    def __reduce__(self): return (print, ("PASSED",))

Lie.__name__ = "StopIteration"

def f(a, b): raise Lie
