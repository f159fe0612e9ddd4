# __debug__ is false.
# attacks: asserts
import builtins

builtins.__dict__["__debug__"] = False

def f(a, b): return 0
