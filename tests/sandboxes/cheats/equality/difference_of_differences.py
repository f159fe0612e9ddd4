# A difference that stays an object, whose abs is a true float.
# attacks: near
class Difference:
    def __abs__(self): return 0.0

class Number:
    def __sub__(self, other): return Difference()
    def __rsub__(self, other): return Difference()

def f(a, b): return Number()
