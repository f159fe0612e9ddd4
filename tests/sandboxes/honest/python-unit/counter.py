# assert: assert f('aab') == {'a': 2, 'b': 1}
from collections import Counter

def f(x):
    return Counter(x)
