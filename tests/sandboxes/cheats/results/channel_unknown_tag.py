# A tag of the other protocol, a reference to an argument.
# attacks: call
# ends: runtime_error
import os

def f(a, b):
    os.write(3, b'{"value": {"$ref": 0}}\n')
    os._exit(0)
