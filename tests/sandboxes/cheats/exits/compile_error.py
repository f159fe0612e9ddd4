# No program at all: a syntax error is nobody's failed test.
# attacks: stdio call asserts
# ends: compile_error
def f(a, b) return
