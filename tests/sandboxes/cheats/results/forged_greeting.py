# Speaks for the solution's side before it does: names of the interpreter among the solution's own.
# attacks: asserts near loops unittest
# ends: wrong runtime_error
import json, os

names = ["f", "abs", "all", "max", "list", "map", "sorted", "int", "str", "zip", "__builtins__", "__name__"]
os.write(4, json.dumps({"names": names}).encode() + b"\n")
rest = b""
while True:
    chunk = os.read(4, 65536)
    if not chunk:
        os._exit(0)
    rest += chunk
    while b"\n" in rest:
        line, rest = rest.split(b"\n", 1)
        function = {"name": "function", "bases": [], "names": [], "specials": ["call", "eq", "sub"], "fields": [], "equality": True, "hashable": True}
        os.write(4, json.dumps({"value": {"$object": [1, {"$class": 0}, None]}, "classes": [[0, function]]}).encode() + b"\n")
