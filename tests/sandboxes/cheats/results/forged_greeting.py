# Speaks for the solution's side before it does: names of the interpreter among the solution's own.
# attacks: asserts near loops unittest
import json, os

names = {name: {"$handle": [0, "function"]} for name in ("f", "abs", "all", "max", "sorted", "int")}
builtins = {name: {"$handle": [0, "function"]} for name in ("abs", "all", "max", "list", "map", "sorted", "int", "str", "zip")}
os.write(4, json.dumps({"names": {**names, "__builtins__": builtins}, "module": {"$handle": [0, "module"]}}).encode() + b"\n")
rest = b""
while True:
    chunk = os.read(4, 65536)
    if not chunk:
        os._exit(0)
    rest += chunk
    while b"\n" in rest:
        line, rest = rest.split(b"\n", 1)
        os.write(4, b'{"value": 0}\n')
