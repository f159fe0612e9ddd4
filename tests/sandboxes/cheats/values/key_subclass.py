# A key that equals every key.
# attacks: call asserts
# ends: wrong runtime_error
class Key(str):
    def __eq__(self, other): return True
    def __hash__(self): return 0

def f(a, b): return {Key("a"): 1}
