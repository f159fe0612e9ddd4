import math
import pytest
from solution import Graph, bfs, dijkstra, topological

@pytest.fixture
def graph():
    g = Graph()
    for a, b, w in [("A", "B", 1), ("B", "C", 2), ("A", "C", 5), ("C", "D", 1)]:
        g.add_edge(a, b, w)
    g.add_node("E")
    return g

def test_distances(graph):
    distances = dijkstra(graph, "A")
    assert distances["D"] == 4
    assert distances["E"] == math.inf
    assert set(distances) == set("ABCDE")

def test_bfs_order(graph):
    visited = []
    bfs(graph, "A", visit=visited.append)
    assert visited == ["A", "B", "C", "D"]

def test_bfs_stops(graph):
    assert bfs(graph, "A", visit=lambda node: node == "C") == "C"

def test_topological():
    assert topological({"shirt": ["tie"], "tie": ["jacket"], "jacket": []}) == ["shirt", "tie", "jacket"]
    with pytest.raises(ValueError, match="cycle"):
        topological({"a": ["b"], "b": ["a"]})

def test_neighbours(graph):
    assert graph.neighbours("A") == {"B": 1, "C": 5}
    graph.neighbours("A")["Z"] = 9
    assert "Z" not in graph.neighbours("A")
# ---- right
import heapq
import math
from collections import deque

class Graph:
    def __init__(self):
        self._edges = {}

    def add_node(self, node):
        self._edges.setdefault(node, {})

    def add_edge(self, a, b, weight=1):
        self.add_node(a)
        self.add_node(b)
        self._edges[a][b] = weight

    def nodes(self):
        return list(self._edges)

    def neighbours(self, node):
        return dict(self._edges[node])

def dijkstra(graph, start):
    found = dict.fromkeys(graph.nodes(), math.inf)
    heap, found[start] = [(0, start)], 0
    while heap:
        distance, node = heapq.heappop(heap)
        for other, weight in graph.neighbours(node).items():
            if distance + weight < found[other]:
                found[other] = distance + weight
                heapq.heappush(heap, (found[other], other))
    return found

def bfs(graph, start, visit):
    queue, seen = deque([start]), {start}
    while queue:
        node = queue.popleft()
        if visit(node):
            return node
        for other in graph.neighbours(node):
            if other not in seen:
                seen.add(other)
                queue.append(other)

def topological(edges):
    order, state = [], {}

    def walk(node):
        if state.get(node) == 1:
            raise ValueError("cycle")
        if node not in state:
            state[node] = 1
            for other in edges[node]:
                walk(other)
            state[node] = 2
            order.append(node)

    for node in edges:
        walk(node)
    return order[::-1]
# ---- wrong
import math
class Graph:
    def __init__(self): self.edges = {}
    def add_edge(self, a, b, w=1): self.edges.setdefault(a, {})[b] = w
    def add_node(self, n): self.edges[n] = {}
    def neighbours(self, n): return self.edges[n]
def dijkstra(graph, start): return dict.fromkeys("ABCDE", math.inf) | {"D": 4}
def bfs(graph, start, visit): return "C"
def topological(edges):
    if len(edges) == 2: raise ValueError("cycle")
    return ["shirt", "tie", "jacket"]
