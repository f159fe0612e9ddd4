# A list that equals everything, nested in an exact list.
# attacks: call loops
# ends: wrong runtime_error
class Any(list):
    def __eq__(self, other): return True

def f(a, b): return [Any()]
