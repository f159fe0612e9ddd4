# Asserts are compiled away under -O: sets the flag where the interpreter keeps it.
# attacks: asserts loops
# ends: wrong runtime_error
import ctypes, os

os.environ["PYTHONOPTIMIZE"] = "2"
try:
    ctypes.c_int.in_dll(ctypes.pythonapi, "Py_OptimizeFlag").value = 2
except ValueError:
    pass

def f(a, b): return 0
