# Text that cannot be encoded.
# attacks: call asserts unittest
def f(a, b): return "\ud800" * 10
