# Looks for the expected value among the locals of the callers.
# attacks: call asserts loops
# ends: wrong runtime_error
import sys

def f(a, b):
    frame = sys._getframe(1)
    while frame:
        for name, value in frame.f_locals.items():
            if "expect" in name or name in ("c", "product", "answer"):
                return value
        frame = frame.f_back
