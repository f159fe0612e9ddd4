// in: 4 3
// in: 1 2
// in: 2 3
// in: 3 4
// out: 3
#include <iostream>
#include <queue>
#include <vector>
int main() {
  int n, m;
  std::cin >> n >> m;
  std::vector<std::vector<int>> graph(n + 1);
  while (m--) { int a, b; std::cin >> a >> b; graph[a].push_back(b); graph[b].push_back(a); }
  std::vector<int> far(n + 1, -1);
  std::queue<int> queue;
  queue.push(1);
  far[1] = 0;
  for (; !queue.empty(); queue.pop())
    for (int b : graph[queue.front()]) if (far[b] < 0) far[b] = far[queue.front()] + 1, queue.push(b);
  std::cout << far[n] << '\n';
}
