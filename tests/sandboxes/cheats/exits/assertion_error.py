# Raises the error that a test expects of an assert which should fail.
# attacks: call asserts unittest
# ends: wrong runtime_error
def f(a, b): raise AssertionError
