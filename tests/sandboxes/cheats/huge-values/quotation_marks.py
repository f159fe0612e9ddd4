# Half a million quotation marks, and nothing between them.
# attacks: call
# ends: output runtime_error
# cpu_s: 3
import os

def f(a, b):
    rest = memoryview(b'{"value":[' + b'""' * 500_000 + b"]}\n")
    while rest: rest = rest[os.write(3, rest):]
    os._exit(0)
