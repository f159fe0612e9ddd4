# assert: assert f(3) == 9
# assert: import solution
# assert: assert solution._square(2) == 4
def _square(x):
    return x * x

def f(x):
    return _square(x)
