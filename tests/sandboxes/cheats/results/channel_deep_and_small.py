# An answer of few parts that nests deeper than a parser recurses.
# attacks: call
# ends: runtime_error
import os

def f(a, b):
    os.write(3, b'{"value": ' + b"[" * 4000 + b"]" * 4000 + b"}\n")
    os._exit(0)
