# An answer that never ends, and a process that does.
# attacks: call
# ends: runtime_error
import os

def f(a, b):
    os.write(3, b'{"value": 1')
    os._exit(0)
