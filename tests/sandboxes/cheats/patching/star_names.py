# `__all__` and dunder names that an import could take over.
# attacks: asserts near unittest
__all__ = ["f", "abs", "AssertionError", "__builtins__", "__import__"]
__builtins__ = {"abs": lambda x: 0, "all": lambda x: True}
__import__ = lambda *args: None
AssertionError = ValueError

def f(a, b): return 0
