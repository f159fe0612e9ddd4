# A class that calls itself int, in the module builtins.
# attacks: call asserts
# ends: wrong runtime_error
Fake = type("int", (), {"__eq__": lambda s, o: True, "__module__": "builtins", "__hash__": None})

def f(a, b): return Fake()
