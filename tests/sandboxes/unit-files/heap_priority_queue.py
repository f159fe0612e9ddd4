import random
import unittest
from solution import PriorityQueue, k_smallest, merge_k

class PriorityQueueTest(unittest.TestCase):
    def test_order(self):
        queue = PriorityQueue()
        for priority, item in [(3, "c"), (1, "a"), (2, "b")]:
            queue.push(item, priority)
        self.assertEqual([queue.pop() for _ in range(len(queue))], ["a", "b", "c"])

    def test_stable(self):
        queue = PriorityQueue()
        for item in "xyz":
            queue.push(item, 1)
        self.assertEqual("".join(queue.pop() for _ in range(3)), "xyz")

    def test_key_function(self):
        queue = PriorityQueue(key=len)
        queue.push("ccc")
        queue.push("a")
        queue.push("bb")
        self.assertEqual(queue.pop(), "a")
        self.assertEqual(queue.peek(), "bb")

    def test_items_need_no_order(self):
        queue = PriorityQueue()
        first, second = object(), object()
        queue.push(first, 1)
        queue.push(second, 1)
        self.assertIs(queue.pop(), first)
        self.assertIs(queue.pop(), second)

    def test_empty(self):
        with self.assertRaises(IndexError):
            PriorityQueue().pop()

    def test_random(self):
        rng = random.Random(5)
        numbers = [rng.random() for _ in range(50)]
        self.assertEqual(k_smallest(numbers, 5), sorted(numbers)[:5])
        self.assertCountEqual(k_smallest(numbers, 50), numbers)

    def test_merge(self):
        self.assertEqual(list(merge_k([1, 4], [2], [], [3, 5])), [1, 2, 3, 4, 5])
        self.assertAlmostEqual(sum(merge_k([0.1], [0.2])), 0.3, places=7)
# ---- right
import heapq
import itertools

class PriorityQueue:
    def __init__(self, key=None):
        self._heap, self._count, self._key = [], itertools.count(), key

    def push(self, item, priority=None):
        rank = self._key(item) if self._key else priority
        heapq.heappush(self._heap, (rank, next(self._count), item))

    def pop(self):
        return heapq.heappop(self._heap)[2]

    def peek(self):
        return self._heap[0][2]

    def __len__(self):
        return len(self._heap)

def k_smallest(numbers, k):
    return heapq.nsmallest(k, numbers)

def merge_k(*lists):
    return heapq.merge(*lists)
# ---- wrong
class PriorityQueue:
    def __init__(self, key=None): self.items = []
    def push(self, item, priority=None): self.items.append(item)
    def pop(self): return self.items.pop(0)
    def peek(self): return self.items[0]
    def __len__(self): return len(self.items)
def k_smallest(numbers, k): return sorted(numbers)[:k]
def merge_k(*lists): return [1, 2, 3, 4, 5]
