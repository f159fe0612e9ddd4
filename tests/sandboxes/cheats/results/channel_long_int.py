# An int of more digits than the judge's parser takes.
# attacks: call
# ends: runtime_error
import os

def f(a, b):
    os.write(3, b'{"value": ' + b"9" * 50000 + b"}\n")
    os._exit(0)
