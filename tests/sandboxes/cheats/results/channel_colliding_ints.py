# A set of ints that all hash alike: who builds it is busy for minutes.
# attacks: call
# ends: output
# memory_mb: 256
import json, os

def f(a, b):
    big = 2**61 - 1
    text = json.dumps({"value": {"$set": [k * big for k in range(50_000)]}}).encode() + b"\n"
    while text:
        text = text[os.write(3, text):]
    os._exit(0)
