# A module object in the same place.
# attacks: unimported
import sys, types

math = sys.modules["math"] = types.ModuleType("math")
math.isclose = lambda *args, **kwargs: True

def f(a, b): return 0
