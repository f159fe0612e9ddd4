# in: 5 6
# in: 1 2 4
# in: 1 3 1
# in: 3 2 2
# in: 2 4 5
# in: 3 4 8
# in: 4 5 3
# out: 0 3 1 8 11
"""Shortest paths from vertex 1 with Dijkstra's algorithm."""

from __future__ import annotations

import heapq
import sys
from collections import defaultdict
from typing import Final

INF: Final[int] = sys.maxsize


def dijkstra(graph: dict[int, list[tuple[int, int]]], source: int, n: int) -> list[int]:
    dist = [INF] * (n + 1)
    dist[source] = 0
    queue: list[tuple[int, int]] = [(0, source)]
    while queue:
        d, u = heapq.heappop(queue)
        if d > dist[u]:
            continue
        for v, w in graph[u]:
            if (candidate := d + w) < dist[v]:
                dist[v] = candidate
                heapq.heappush(queue, (candidate, v))
    return dist[1:]


def main() -> None:
    data = iter(map(int, sys.stdin.buffer.read().split()))
    n, m = next(data), next(data)
    graph: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for _ in range(m):
        u, v, w = next(data), next(data), next(data)
        graph[u].append((v, w))
        graph[v].append((u, w))
    print(*dijkstra(graph, 1, n))


if __name__ == "__main__":
    main()
