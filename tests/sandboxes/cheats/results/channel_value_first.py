# Writes a value to the channel before the function returns.
# attacks: call
# ends: runtime_error
import os

def f(a, b):
    for fd in range(3, 20):
        try: os.write(fd, b'{"value": 1}\n')
        except OSError: pass
    return 2
