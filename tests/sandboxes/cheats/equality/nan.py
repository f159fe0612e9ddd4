# NaN is never further than the tolerance, for who writes `not difference > tolerance`.
# attacks: call near
def f(a, b): return float("nan")
