// in: 4 4
// in: 1 2 1
// in: 2 3 2
// in: 1 3 5
// in: 3 4 1
// out: 0 1 3 4
class MinHeap {
  #items = [];
  get size() { return this.#items.length; }
  push(item) {
    const items = this.#items;
    items.push(item);
    for (let i = items.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (items[parent][0] <= items[i][0]) break;
      [items[parent], items[i]] = [items[i], items[parent]];
      i = parent;
    }
  }
  pop() {
    const items = this.#items, top = items[0], last = items.pop();
    if (items.length > 0) {
      items[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < items.length && items[child][0] < items[least][0]) least = child;
        if (least === i) break;
        [items[least], items[i]] = [items[i], items[least]];
        i = least;
      }
    }
    return top;
  }
}
const [[n], ...edges] = require("fs").readFileSync(0, "utf8").trim().split("\n").map((line) => line.split(" ").map(Number));
const graph = new Map();
for (const [u, v, w] of edges)
  for (const [a, b] of [[u, v], [v, u]]) graph.set(a, [...(graph.get(a) ?? []), [b, w]]);
const dist = new Array(n + 1).fill(Infinity);
const heap = new MinHeap();
dist[1] = 0;
heap.push([0, 1]);
while (heap.size) {
  const [d, u] = heap.pop();
  if (d > dist[u]) continue;
  for (const [v, w] of graph.get(u) ?? [])
    if (d + w < dist[v]) heap.push([(dist[v] = d + w), v]);
}
console.log(dist.slice(1).join(" "));
