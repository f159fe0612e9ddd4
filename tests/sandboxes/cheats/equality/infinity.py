# Infinity less infinity, within a tolerance that grows with the value.
# attacks: call near
def f(a, b): return float("inf")
