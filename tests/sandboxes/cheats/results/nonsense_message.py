# Lines that are no object.
# attacks: asserts
# ends: runtime_error
import os

def f(a, b):
    os.write(4, b"[1, 2]\n")
    return 0
