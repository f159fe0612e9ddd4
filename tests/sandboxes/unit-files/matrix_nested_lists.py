import copy
import pytest
from solution import determinant, flatten, game_of_life, spiral, transpose

@pytest.fixture
def board():
    return [[0, 1, 0], [0, 1, 0], [0, 1, 0]]

def test_life(board):
    before = copy.deepcopy(board)
    game_of_life(board)
    assert board == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]
    game_of_life(board)
    assert board == before

def test_rows_keep_their_identity(board):
    row = board[0]
    game_of_life(board)
    assert board[0] is row
    assert row == [0, 0, 0]

def test_spiral():
    assert spiral([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [1, 2, 3, 6, 9, 8, 7, 4, 5]
    assert spiral([[1]]) == [1]
    assert spiral([]) == []

def test_transpose_is_new():
    m = [[1, 2], [3, 4]]
    t = transpose(m)
    assert t == [[1, 3], [2, 4]]
    t[0][0] = 99
    assert m[0][0] == 1

@pytest.mark.parametrize(("m", "d"), [([[2]], 2), ([[1, 2], [3, 4]], -2), ([[2, 0, 0], [0, 3, 0], [0, 0, 4]], 24)])
def test_determinant(m, d):
    assert determinant(m) == pytest.approx(d)

def test_flatten():
    assert flatten([1, [2, [3, [4]]], (5, [6])]) == [1, 2, 3, 4, 5, 6]
    assert all(isinstance(x, int) for x in flatten([[1], 2]))
# ---- right
def game_of_life(board):
    alive = {(i, j) for i, row in enumerate(board) for j, cell in enumerate(row) if cell}

    def around(i, j):
        return sum((i + a, j + b) in alive for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b)

    for i, row in enumerate(board):
        for j, cell in enumerate(row):
            row[j] = int(around(i, j) == 3 or (cell and around(i, j) == 2))

def spiral(m):
    out = []
    m = [list(row) for row in m]
    while m:
        out += m.pop(0)
        m = [list(row) for row in zip(*m)][::-1]
    return out

def transpose(m):
    return [list(row) for row in zip(*m)]

def determinant(m):
    if len(m) == 1:
        return m[0][0]
    return sum((-1) ** j * m[0][j] * determinant([row[:j] + row[j + 1 :] for row in m[1:]]) for j in range(len(m)))

def flatten(items):
    out = []
    for item in items:
        out += flatten(item) if isinstance(item, (list, tuple)) else [item]
    return out
# ---- wrong
def game_of_life(board): board[:] = [[0, 0, 0], [1, 1, 1], [0, 0, 0]]
def spiral(m): return sum(m, [])
def transpose(m): return m
def determinant(m): return m[0][0]
def flatten(items): return sum((x if isinstance(x, list) else [x] for x in items), [])
