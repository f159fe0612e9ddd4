// in: 1 2 3 4 5 6
// out: 2 4 6
#include <iostream>
#include <iterator>
#include <vector>
template <class T, class F> std::vector<T> filtered(const std::vector<T>& xs, F keep) {
  std::vector<T> kept;
  for (auto& x : xs) if (keep(x)) kept.push_back(x);
  return kept;
}
int main() {
  std::vector<int> xs{std::istream_iterator<int>(std::cin), {}};
  auto even = filtered(xs, [](int x) { return x % 2 == 0; });
  for (size_t i = 0; i < even.size(); i++) std::cout << even[i] << (i + 1 < even.size() ? " " : "\n");
}
