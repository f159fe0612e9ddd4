# A star import that would bring dunders, builtins and names of the test tools along.
# attacks: imported imported_unittest imported_pytest asserts
# cpu_s: 10
# ends: wrong runtime_error
__all__ = ["f", "__builtins__", "__name__", "__path__", "__class__", "print", "abs", "all", "pytest", "isinstance", "a.b"]
__builtins__ = {"abs": lambda x: 0}
__name__ = "test_solution"
print = abs = all = isinstance = sorted = map = list = pytest = unittest = mock = lambda *args, **kwargs: True
globals()["a.b"] = AssertionError = Exception = BaseException
def f(a, b): return 0
