# A set of ints that all hash alike: who builds it is busy for minutes, as many as are read.
# attacks: call
# memory_mb: 256
import json, os

def f(a, b):
    big = 2**61 - 1
    text = json.dumps({"value": {"$set": [k * big for k in range(4_900)]}}).encode() + b"\n"
    while text:
        text = text[os.write(3, text):]
    os._exit(0)
