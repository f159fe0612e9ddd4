# assert: a = [2]
# assert: x = [[3], a]
# assert: assert f(x) is x and x[0] is a and a == [2, 9]
def f(x):
    x.sort()
    x[0].append(9)
    return x
