# IndexError ends the old protocol of iteration.
# attacks: call asserts loops
# ends: wrong runtime_error
class F:
    def __call__(self, *args): return self
    def __getitem__(self, i): raise IndexError

f = F()
