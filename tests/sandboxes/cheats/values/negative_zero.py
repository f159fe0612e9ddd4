# Minus nothing.
# attacks: call asserts near
def f(a, b): return -0.0
