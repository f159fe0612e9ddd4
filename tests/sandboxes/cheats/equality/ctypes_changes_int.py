# Overwrites the small ints of this interpreter: 0 becomes 1, everywhere in this process.
# attacks: call asserts near
# ends: wrong runtime_error memory time
import ctypes

def f(a, b):
    ctypes.c_int64.from_address(id(7) + 24).value = 9
    return 7
