# in: 50000
# out: 50000
import sys
import threading


def main() -> None:
    n = int(input())
    parent = list(range(-1, n - 1))
    children: list[list[int]] = [[] for _ in range(n)]
    for v in range(1, n):
        children[parent[v]].append(v)

    def depth(v: int) -> int:
        deepest = 0
        for child in children[v]:
            deepest = max(deepest, depth(child))
        return deepest + 1

    print(depth(0))


sys.setrecursionlimit(1 << 20)
threading.stack_size(1 << 26)
thread = threading.Thread(target=main)
thread.start()
thread.join()
