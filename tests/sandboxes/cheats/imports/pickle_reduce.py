# Objects that run code when they are unpickled, copied or formatted by the judge.
# attacks: call asserts
# ends: wrong runtime_error
import os

class Bomb:
    def __reduce_ex__(self, protocol): return os._exit, (0,)
    def __copy__(self): os._exit(0)
    def __deepcopy__(self, memo): os._exit(0)
    def __format__(self, spec): os._exit(0)

def f(a, b): return Bomb()
