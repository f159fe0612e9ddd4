# Nested deeper than an encoder recurses.
# attacks: call asserts
# ends: wrong runtime_error memory time
def f(a, b):
    it = []
    for _ in range(100_000): it = [it]
    return it
