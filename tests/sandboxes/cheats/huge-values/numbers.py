# Returns as many numbers as fit into a mebibyte.
# attacks: call asserts
# ends: output wrong
# cpu_s: 3
# memory_mb: 512
def f(a, b): return [0] * 300_000
