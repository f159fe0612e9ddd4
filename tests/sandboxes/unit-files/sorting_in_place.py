import random
import pytest
from solution import bubble_sort, insertion_sort, merge_sorted, partition, remove_duplicates, rotate

@pytest.mark.parametrize("data", [[], [1], [3, 1, 2], [5, 5, 1], list(range(20, 0, -1))])
def test_sorts(data):
    expected = sorted(data)
    copy = list(data)
    assert bubble_sort(copy) is None
    assert copy == expected
    assert insertion_sort(data) == expected

def test_against_sorted():
    rng = random.Random(7)
    for _ in range(20):
        numbers = [rng.randrange(100) for _ in range(9)]
        assert insertion_sort(numbers) == sorted(numbers)

def test_insertion_sort_leaves_its_argument():
    data = [3, 1]
    insertion_sort(data)
    assert data == [3, 1]

def test_remove_duplicates():
    numbers = [1, 1, 2, 3, 3]
    assert remove_duplicates(numbers) == 3
    assert numbers[:3] == [1, 2, 3]

def test_rotate_and_partition():
    grid = [[1, 2], [3, 4]]
    rotate(grid)
    assert grid == [[3, 1], [4, 2]]
    items = [9, 1, 8, 2]
    k = partition(items, 5)
    assert k == 2 and sorted(items[:k]) == [1, 2]

def test_merge():
    assert merge_sorted([1, 4], [2, 3]) == [1, 2, 3, 4]
# ---- right
def bubble_sort(items):
    for end in range(len(items), 1, -1):
        for i in range(end - 1):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]

def insertion_sort(items):
    out = []
    for item in items:
        i = len(out)
        while i and out[i - 1] > item:
            i -= 1
        out.insert(i, item)
    return out

def remove_duplicates(items):
    items[:] = sorted(set(items))
    return len(items)

def rotate(grid):
    grid[:] = [list(row) for row in zip(*grid[::-1])]

def partition(items, pivot):
    items.sort(key=lambda x: x >= pivot)
    return sum(x < pivot for x in items)

def merge_sorted(a, b):
    return sorted(a + b)
# ---- wrong
def bubble_sort(items): items.clear()
def insertion_sort(items):
    items.clear()
    return []
def remove_duplicates(items): return 3
def rotate(grid): pass
def partition(items, pivot): return 2
def merge_sorted(a, b): return a + b
