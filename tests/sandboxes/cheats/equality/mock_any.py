# unittest's own ANY.
# attacks: call asserts
# ends: wrong runtime_error
# cpu_s: 3
from unittest import mock

def f(a, b): return mock.ANY
