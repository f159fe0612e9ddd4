# Crashes the interpreter.
# attacks: stdio call asserts
# ends: runtime_error
import ctypes

def f(a, b): ctypes.string_at(0)

if __name__ == "__main__":
    f(1, 2)
