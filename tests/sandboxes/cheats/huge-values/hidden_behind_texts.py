# Lists of nothing behind texts whose quotation marks and backslashes are hard to count.
# attacks: call
# ends: output runtime_error
# cpu_s: 3
# memory_mb: 512
import os

def f(a, b):
    for trick in (rb'"\\",', rb'"\\\"[[",', rb'"\u0022",', rb'"\"\\",', rb'\",'):
        rest = memoryview(b'{"value":[' + trick + b"[]," * 60_000 + b"[]]}\n")
        while rest: rest = rest[os.write(3, rest):]
    os._exit(0)
