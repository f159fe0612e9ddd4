# A float that has lost the last digits.
# attacks: asserts loops unittest
def f(a, b): return float(a * b) + 16.0
