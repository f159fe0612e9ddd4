# A list that a thread changes while it is encoded.
# attacks: call asserts
# ends: wrong runtime_error memory time output
# memory_mb: 256
import threading

it = [0]

def grow():
    while len(it) < 200_000: it.append(it[:0])

def f(a, b):
    threading.Thread(target=grow, daemon=True).start()
    return it
