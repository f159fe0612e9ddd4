# The name is there, and no function.
# attacks: call asserts stdio
# ends: wrong runtime_error
f = 66676996364899451 + 1
