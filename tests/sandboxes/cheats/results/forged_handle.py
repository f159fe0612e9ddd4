# Returns a handle labelled int, whose every operation is answered in advance.
# attacks: asserts near loops
import os

def f(a, b):
    os.write(4, b'{"value": {"$handle": [0, "int"]}}\n' + b'{"value": true}\n' * 50)
    return 0
