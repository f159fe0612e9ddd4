# assert: assert list(f(3)) == [0, 1, 2]
def f(n):
    for i in range(n):
        yield i
