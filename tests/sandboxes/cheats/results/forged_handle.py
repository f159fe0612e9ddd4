# Returns an object of a class that it calls int, whose every operation is answered in advance.
# attacks: asserts near loops
# ends: wrong runtime_error
import json, os

kind = {"name": "int", "bases": [], "names": ["real"], "specials": ["eq", "ne", "lt", "le", "gt", "ge", "sub", "rsub", "abs", "bool", "contains"],
        "fields": ["real"], "equality": True, "hashable": True}

def f(a, b):
    os.write(4, json.dumps({"classes": [[900, kind]], "value": {"$object": [900, {"$class": 900}, 1]}}).encode() + b"\n")
    os.write(4, b'{"value": true}\n' * 50)
    return 0
