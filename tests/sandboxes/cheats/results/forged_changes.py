# Says that the call changed containers that were never sent, and those that were, into what they are not.
# attacks: asserts loops
# ends: wrong runtime_error
import os

def f(a, b):
    os.write(4, b'{"value": 0, "changes": {"0": ["list", []], "-1": ["dict", [[1, 2]]], "7": ["set", []], "2": ["tuple", []]}}\n')
    return 0
