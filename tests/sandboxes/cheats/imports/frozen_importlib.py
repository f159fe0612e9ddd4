# Patches the import system's own code.
# attacks: call asserts
# ends: wrong runtime_error
import importlib._bootstrap as bootstrap

bootstrap._find_and_load = bootstrap._gcd_import = lambda *args: None
bootstrap._handle_fromlist = lambda *args, **kwargs: None

def f(a, b): return 0
