# A complex number near everything in abs.
# attacks: call near
# ends: wrong runtime_error
def f(a, b): return complex("nan+nanj")
