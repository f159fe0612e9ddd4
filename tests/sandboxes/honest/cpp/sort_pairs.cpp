// in: 3
// in: b 2
// in: a 2
// in: c 1
// out: c1 a2 b2
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>
int main() {
  int n;
  std::cin >> n;
  std::vector<std::pair<int, std::string>> xs(n);
  for (auto& [count, name] : xs) std::cin >> name >> count;
  std::sort(xs.begin(), xs.end());
  for (int i = 0; i < n; i++) std::cout << xs[i].second << xs[i].first << (i + 1 < n ? " " : "\n");
}
