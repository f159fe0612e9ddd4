# An answer that nests deeper than a parser recurses.
# attacks: call
# ends: output
import os

def f(a, b):
    os.write(3, b'{"value": ' + b"[" * 60000 + b"]" * 60000 + b"}\n")
    os._exit(0)
