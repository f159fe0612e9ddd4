# Writes a whole answer with passed, score and outcome, and is gone.
# attacks: call
# ends: wrong runtime_error
import os

def f(a, b):
    os.write(3, b'{"value": true, "passed": true, "score": 1.0, "outcome": "finished"}\n')
    os._exit(0)
