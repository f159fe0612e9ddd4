# A plain dict that looks like an encoding of another value.
# attacks: call asserts
def f(a, b): return {"$tuple": [a, b], "$handle": [0, "int"], "$ref": 0}
