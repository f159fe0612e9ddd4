# An answer whose comparison takes for ever.
# attacks: asserts call
# ends: wrong runtime_error
class Slow:
    def __eq__(self, other):
        while True: pass
    __hash__ = None

def f(a, b): return Slow()
