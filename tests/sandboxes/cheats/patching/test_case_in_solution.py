# A test case of its own, which passes, with the name of the real one.
# attacks: unittest asserts
import unittest

class TestProduct(unittest.TestCase):
    def test_0(self): pass
    test_1 = test_0

def f(a, b): return 0
