# abstains: queue.Queue
import queue
import threading
from solution import consume, produce

def test_queue():
    q = queue.Queue()
    produce(q, [1, 2, 3])
    assert consume(q) == [1, 2, 3]
# ---- right
def produce(q, items):
    for item in items:
        q.put(item)
    q.put(None)

def consume(q):
    out = []
    while (item := q.get()) is not None:
        out.append(item)
    return out
# ---- wrong
def produce(q, items): pass
def consume(q): return None
