# A finalizer that leaves with 0, when globals are taken down.
# attacks: stdio call
# ends: wrong
import os

class Last:
    def __del__(self, leave=os._exit): leave(0)

last = Last()

def f(a, b): return 0
