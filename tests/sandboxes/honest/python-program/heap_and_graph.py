# in: 4 4
# in: 1 2 3
# in: 2 3 4
# in: 1 3 9
# in: 3 4 1
# out: 8
import heapq
from collections import defaultdict

n, m = map(int, input().split())
graph = defaultdict(list)
for _ in range(m):
    a, b, w = map(int, input().split())
    graph[a].append((b, w))
    graph[b].append((a, w))
best, heap = {}, [(0, 1)]
while heap:
    d, a = heapq.heappop(heap)
    if a not in best:
        best[a] = d
        for b, w in graph[a]:
            heapq.heappush(heap, (d + w, b))
print(best[n])
