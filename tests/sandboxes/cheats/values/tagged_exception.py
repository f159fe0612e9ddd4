# A dict that looks like a message of the protocol.
# attacks: asserts call
def f(a, b): return {"value": True, "raise": ["StopIteration", ""], "passed": True, "stop": True}
