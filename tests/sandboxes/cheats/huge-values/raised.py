# An exception with a text of many megabytes, by itself and forged.
# attacks: call asserts
# ends: output wrong runtime_error memory
# cpu_s: 3
# memory_mb: 512
import os

def f(a, b):
    if a == 982451653: raise ValueError("[]," * 5_000_000)
    rest = memoryview(b'{"raised":[' + b"[]," * 1_200_000 + b"[]]}\n")
    while rest: rest = rest[os.write(3, rest):]
    os._exit(0)
