# Returns a hundred thousand lists of nothing.
# attacks: call asserts
# ends: output wrong
# cpu_s: 3
# memory_mb: 512
def f(a, b): return [[] for _ in range(100_000)]
