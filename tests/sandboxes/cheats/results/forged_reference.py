# Returns a reference to an argument that does not exist.
# attacks: asserts
# ends: runtime_error
import os

def f(a, b): os.write(4, b'{"value": {"$ref": -1}}\n')
