# assert: import unittest
# assert: class T(unittest.TestCase):
# assert:   def test_f(self):
# assert:     self.assertEqual(f(2), 2)
# assert:     self.assertAlmostEqual(f(0.1) + 0.2, 0.3)
def f(x):
    return x
