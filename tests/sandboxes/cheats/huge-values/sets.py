# Sets and keys whose values are not the same and have to be looked up.
# attacks: call asserts
# ends: output wrong
# cpu_s: 3
# memory_mb: 512
def f(a, b): return {(n, float(n)): {n} for n in range(40_000)}
