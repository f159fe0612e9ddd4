from collections.abc import Iterable, Iterator
import pytest
from solution import Countdown, LinkedList, Matrix

def test_countdown():
    it = iter(Countdown(3))
    assert next(it) == 3
    assert list(it) == [2, 1]
    with pytest.raises(StopIteration):
        next(it)
    assert list(Countdown(0)) == []

def test_linked_list():
    items = LinkedList([1, 2, 3])
    assert len(items) == 3
    assert list(items) == [1, 2, 3]
    assert list(reversed(items)) == [3, 2, 1]
    assert 2 in items
    assert 9 not in items
    assert items[0] == 1
    assert items[-1] == 3
    with pytest.raises(IndexError):
        items[5]
    items[1] = 20
    del items[0]
    assert repr(items) == "LinkedList([20, 3])"
    assert isinstance(items, Iterable)
    assert not isinstance(items, Iterator)

def test_unpacking():
    a, *rest = LinkedList("xyz")
    assert (a, rest) == ("x", ["y", "z"])
    assert {*LinkedList([1, 1])} == {1}
    assert max(LinkedList([3, 9, 4])) == 9

def test_matrix():
    m = Matrix([[1, 2], [3, 4]])
    assert m[1, 0] == 3
    assert [row for row in m] == [[1, 2], [3, 4]]
    assert bool(Matrix([])) is False
    assert m
# ---- right
class Countdown:
    def __init__(self, start):
        self.start = start

    def __iter__(self):
        n = self.start
        while n > 0:
            yield n
            n -= 1

class LinkedList:
    def __init__(self, items=()):
        self._items = list(items)

    def __len__(self):
        return len(self._items)

    def __iter__(self):
        return iter(self._items)

    def __getitem__(self, i):
        return self._items[i]

    def __setitem__(self, i, value):
        self._items[i] = value

    def __delitem__(self, i):
        del self._items[i]

    def __repr__(self):
        return f"LinkedList({self._items!r})"

class Matrix:
    def __init__(self, rows):
        self.rows = rows

    def __getitem__(self, at):
        i, j = at
        return self.rows[i][j]

    def __iter__(self):
        return iter(self.rows)

    def __bool__(self):
        return bool(self.rows)
# ---- wrong
class Countdown:
    def __init__(self, start): self.n = start
    def __iter__(self): return iter([3, 2, 1])
class LinkedList(list): pass
class Matrix:
    def __init__(self, rows): self.rows = rows
    def __getitem__(self, at): return 3
    def __iter__(self): return iter(self.rows)
