# A list that holds itself.
# attacks: call asserts loops
# ends: wrong runtime_error
def f(a, b):
    it = []
    it.append(it)
    return it
