# abstains: numpy_that_is_not_there
import numpy_that_is_not_there as np
from solution import double

def test_double():
    assert np.array_equal(double(np.array([1, 2])), np.array([2, 4]))
# ---- right
def double(a): return a * 2
# ---- wrong
def double(a): return a
