# assert: assert math.isclose(root(2), math.sqrt(2)) and string.ascii_lowercase[:2] == "ab" and calendar(3) == 12
import math
import string


def root(x):
    return x**0.5


def calendar(x):
    return 4 * x
