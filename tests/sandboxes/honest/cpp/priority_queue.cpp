// in: 5 1 4 2
// out: 5 4 2 1
#include <iostream>
#include <queue>
int main() {
  std::priority_queue<int> queue;
  for (int x; std::cin >> x;) queue.push(x);
  for (; !queue.empty(); queue.pop()) std::cout << queue.top() << (queue.size() > 1 ? " " : "\n");
}
