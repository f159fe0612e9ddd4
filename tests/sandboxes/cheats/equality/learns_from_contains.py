# `in` hands over the element that is looked for.
# attacks: asserts loops
class Spy:
    def __contains__(self, item): return True
    def __iter__(self): return iter([1, 2])
    def __len__(self): return 2
    def __getitem__(self, i): return self

def f(a, b): return Spy()
