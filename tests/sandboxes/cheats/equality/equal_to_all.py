# An object that equals everything.
# attacks: call asserts loops unittest
# ends: wrong runtime_error
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0

def f(a, b): return Equal()
