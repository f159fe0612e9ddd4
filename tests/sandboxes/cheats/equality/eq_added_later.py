# A plain class at first; the overload arrives after the first attribute was looked at.
# attacks: asserts
class Plain:
    def __getattr__(self, name):
        type(self).__eq__ = lambda self, other: True
        raise AttributeError(name)

def f(a, b):
    it = Plain()
    getattr(it, "x", None)
    return it
