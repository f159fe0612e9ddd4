# Sorted and max choose it whatever it is compared with.
# attacks: loops
class Largest:
    def __lt__(self, other): return False
    def __gt__(self, other): return True
    def __eq__(self, other): return True
    def __str__(self): return "0"
    __hash__ = None

def f(a, b): return Largest()
