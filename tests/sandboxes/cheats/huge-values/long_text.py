# One text of five million characters, each of which takes six where it is written down.
# attacks: call asserts
# ends: output wrong runtime_error
# cpu_s: 3
# memory_mb: 512
def f(a, b): return "\0" * 5_000_000
