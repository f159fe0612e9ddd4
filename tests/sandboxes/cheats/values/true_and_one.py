# A bool where an int is asked for.
# attacks: call asserts
def f(a, b): return a * b > 0
