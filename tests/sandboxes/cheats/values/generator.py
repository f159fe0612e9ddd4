# A generator, whose values are right one day.
# attacks: call asserts
# ends: wrong runtime_error
def f(a, b):
    n = 0
    while True:
        yield n
        n += 1
