# A collector's callback runs in whatever frame happens to be active later.
# attacks: call asserts
# ends: wrong runtime_error
import gc, sys

found = []

def look(phase, info):
    frame = sys._getframe(1)
    while frame:
        found.extend(v for v in frame.f_locals.values() if type(v) is int and v > 1 << 50)
        frame = frame.f_back

gc.callbacks.append(look)

def f(a, b):
    gc.collect()
    return found[0] if found else 0
