# A Decimal whose context traps nothing.
# attacks: call near loops
# ends: wrong runtime_error
from decimal import Decimal, getcontext

getcontext().traps = {key: False for key in getcontext().traps}

def f(a, b): return Decimal("NaN")
