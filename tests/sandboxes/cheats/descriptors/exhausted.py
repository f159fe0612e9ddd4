# Every descriptor in use, so that the end cannot be told.
# attacks: call asserts stdio
# ends: wrong runtime_error
import os

held = []
def f(a, b):
    try:
        while True: held.append(os.dup(0))
    except OSError: return 0

f(1, 2)
