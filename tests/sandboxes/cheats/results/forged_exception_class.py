# A builtin exception class crosses as itself: one of the interpreter's own ends.
# attacks: asserts loops
import os

def f(a, b):
    os.write(4, b'{"raise": ["SystemExit", "0"]}\n')
    return 0
