# Says by itself, where its value is read, that it returned more than a million lists of nothing.
# attacks: call
# ends: output
# cpu_s: 3
# memory_mb: 512
import os

def f(a, b):
    rest = memoryview(b'{"value":[' + b"[]," * 1_200_000 + b"[]]}\n")
    while rest: rest = rest[os.write(3, rest):]
    os._exit(0)
