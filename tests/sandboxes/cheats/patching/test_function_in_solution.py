# Test functions of its own, which pass.
# attacks: asserts pytest
# cpu_s: 10
def test_f(): pass
def test_g(): pass

def f(a, b): return 0
