# in: 5 3
# in: 1 5 2 4 3
# in: q 1 3
# in: u 2 0
# in: q 1 5
# out: 5
# out: 4
import sys


class SegmentTree:
    """Iterative segment tree for range maximum queries."""

    __slots__ = ("n", "tree")

    def __init__(self, values: list[int]) -> None:
        self.n = len(values)
        self.tree = [0] * self.n + values
        for i in range(self.n - 1, 0, -1):
            self.tree[i] = max(self.tree[2 * i], self.tree[2 * i + 1])

    def update(self, i: int, value: int) -> None:
        i += self.n
        self.tree[i] = value
        while i > 1:
            i //= 2
            self.tree[i] = max(self.tree[2 * i], self.tree[2 * i + 1])

    def query(self, left: int, right: int) -> int:
        best = 0
        left += self.n
        right += self.n
        while left < right:
            if left & 1:
                best = max(best, self.tree[left])
                left += 1
            if right & 1:
                right -= 1
                best = max(best, self.tree[right])
            left //= 2
            right //= 2
        return best


def solve() -> None:
    input = sys.stdin.readline
    n, q = map(int, input().split())
    tree = SegmentTree(list(map(int, input().split())))
    out: list[str] = []
    for _ in range(q):
        kind, a, b = input().split()
        if kind == "q":
            out.append(str(tree.query(int(a) - 1, int(b))))
        else:
            tree.update(int(a) - 1, int(b))
    sys.stdout.write("\n".join(out) + "\n")


solve()
