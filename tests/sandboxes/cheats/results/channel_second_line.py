# Two answers, of which the judge may take the last.
# attacks: call
# ends: runtime_error
import os

def f(a, b):
    os.write(3, b'{"value": 1}\n{"value": 2}\n')
    os._exit(0)
