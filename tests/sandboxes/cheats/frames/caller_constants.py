# The expected value is a constant of the calling code object.
# attacks: call asserts near loops
# ends: wrong runtime_error
import sys

def f(a, b):
    frame, found = sys._getframe(1), []
    while frame:
        found += [c for c in frame.f_code.co_consts if isinstance(c, int) and c > a]
        frame = frame.f_back
    return found[0] if found else None
