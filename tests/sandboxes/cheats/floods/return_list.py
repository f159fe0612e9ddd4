# A return value of a hundred thousand parts.
# attacks: call asserts
# cpu_s: 3
# memory_mb: 512
def f(a, b): return [[]] * 100_000
