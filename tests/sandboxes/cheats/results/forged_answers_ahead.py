# Hundreds of answers sent ahead: true to whatever is asked.
# attacks: asserts near loops unittest
import os

os.write(4, b'')

def f(a, b):
    os.write(4, b'{"value": true}\n' * 500)
    return 1
