# Returns a hundred thousand empty texts, half of them keys.
# attacks: call asserts
# ends: output wrong
# cpu_s: 3
# memory_mb: 512
def f(a, b): return [{"": ""} for _ in range(50_000)]
