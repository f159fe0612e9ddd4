# Numbers of four thousand digits.
# attacks: call asserts
# ends: output wrong
# cpu_s: 3
# memory_mb: 512
def f(a, b): return [10**4000 + n for n in range(2_000)]
