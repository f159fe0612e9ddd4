# assert: assert abs(root(2) - 1.41421356) < 1e-6
# assert: assert all(abs(root(x) ** 2 - x) < 1e-9 for x in range(9))
def root(x):
    return x**0.5
