# One message without an end.
# attacks: asserts
# ends: runtime_error memory time
# cpu_s: 2
# memory_mb: 256
import os

def f(a, b):
    while True:
        os.write(4, b"[" * 65536)
