import unittest
from solution import EmptyStack, Stack

class TestStack(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()

    def test_new_is_empty(self):
        self.assertTrue(self.stack.is_empty())
        self.assertEqual(len(self.stack), 0)
        self.assertFalse(self.stack)

    def test_push_pop(self):
        for item in "abc":
            self.stack.push(item)
        self.assertEqual(self.stack.pop(), "c")
        self.assertEqual(self.stack.peek(), "b")
        self.assertEqual(len(self.stack), 2)
        self.assertIn("a", self.stack)
        self.assertNotIn("c", self.stack)

    def test_pop_empty(self):
        with self.assertRaises(EmptyStack):
            self.stack.pop()
        self.assertRaisesRegex(EmptyStack, "nothing", self.stack.peek)

    def test_iteration(self):
        self.stack.push(1)
        self.stack.push(2)
        self.assertListEqual(list(self.stack), [2, 1])
        self.assertIsInstance(self.stack, Stack)
        self.assertIsNone(self.stack.push(3))

    def test_subtests(self):
        for n in (0, 1, 5):
            with self.subTest(n=n):
                stack = Stack(range(n))
                self.assertEqual(len(stack), n)

if __name__ == "__main__":
    unittest.main()
# ---- right
class EmptyStack(IndexError): pass

class Stack:
    def __init__(self, items=()):
        self._items = list(items)

    def is_empty(self):
        return not self._items

    def push(self, item):
        self._items.append(item)

    def pop(self):
        if not self._items:
            raise EmptyStack("nothing to pop")
        return self._items.pop()

    def peek(self):
        if not self._items:
            raise EmptyStack("nothing to see")
        return self._items[-1]

    def __len__(self):
        return len(self._items)

    def __iter__(self):
        return iter(self._items[::-1])
# ---- wrong
class EmptyStack(IndexError): pass
class Stack:
    items = []
    def __init__(self, items=()): self.items = list(items)
    def is_empty(self): return True
    def push(self, item): self.items.append(item)
    def pop(self): return self.items.pop(0)
    def peek(self): return self.items[0]
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
