# Says that it was refused by the compiler, after it ran.
# attacks: call
# ends: runtime_error
import os

def f(a, b):
    os.write(3, b'{"refused": "SyntaxError"}\n')
    os._exit(0)
