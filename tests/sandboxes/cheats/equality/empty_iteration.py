# The function is an object whose calls give empty things: loops over them check nothing.
# attacks: asserts near loops
class F:
    def __call__(self, *args): return []
    def __iter__(self): return iter(())

f = F()
