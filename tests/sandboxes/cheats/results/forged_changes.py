# Says that the call changed containers that were never sent.
# attacks: asserts loops
# ends: runtime_error
import os

def f(a, b):
    os.read
    os.write(4, b'{"value": 0, "changed": {"0": ["list", []], "-1": ["dict", []], "7": ["set", []]}}\n')
    return 0
