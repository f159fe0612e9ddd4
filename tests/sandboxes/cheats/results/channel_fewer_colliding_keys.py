# The same as the keys of a dict, as many as are read.
# attacks: call
# memory_mb: 256
import json, os

def f(a, b):
    big = 2**61 - 1
    text = json.dumps({"value": {"$dict": [[k * big, 0] for k in range(3_300)]}}).encode() + b"\n"
    while text:
        text = text[os.write(3, text):]
    os._exit(0)
