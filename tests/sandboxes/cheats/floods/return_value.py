# A return value of a hundred megabytes.
# attacks: call asserts
# ends: output memory runtime_error
# cpu_s: 3
# memory_mb: 512
def f(a, b): return "x" * (100 << 20)
