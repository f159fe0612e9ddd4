# Says that the sandbox lacks something: an abstention is better than a zero.
# attacks: call asserts
# ends: runtime_error wrong
import os

def f(a, b):
    for fd in range(3, 20):
        try: os.write(fd, b'{"lacks": "pytest"}\n')
        except OSError: pass
    os._exit(0)
