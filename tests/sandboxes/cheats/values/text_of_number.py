# The right number as text.
# attacks: call asserts near unittest
def f(a, b): return str(a * b)
