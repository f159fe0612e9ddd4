# The right number in a list.
# attacks: call asserts near
def f(a, b): return [a * b]
