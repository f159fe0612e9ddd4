# assert: def test_f(): assert f(2) == 2
def f(x):
    return x
