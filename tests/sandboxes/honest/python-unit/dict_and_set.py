# assert: d, s = {}, {1}
# assert: assert f(d, s) is None
# assert: assert d == {'k': 1} and s == {1, 2}
def f(d, s):
    d["k"] = 1
    s.add(2)
