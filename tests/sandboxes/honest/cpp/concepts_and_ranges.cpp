// in: 7
// in: 5 3 8 1 9 2 7
// out: 64 4
// out: 1 9
#include <algorithm>
#include <concepts>
#include <iostream>
#include <numeric>
#include <ranges>
#include <vector>

template <typename T>
concept Number = std::integral<T> || std::floating_point<T>;

template <Number T>
constexpr T square(T x) {
  return x * x;
}

int main() {
  std::ios_base::sync_with_stdio(false);
  std::cin.tie(nullptr);
  int n{};
  std::cin >> n;
  std::vector<int> values(n);
  for (auto& value : values) std::cin >> value;
  auto even = values | std::views::filter([](int x) { return x % 2 == 0; }) | std::views::transform(square<int>);
  for (bool first = true; auto value : even) {
    std::cout << (first ? "" : " ") << value;
    first = false;
  }
  std::cout << '\n';
  auto [low, high] = std::ranges::minmax(values);
  std::cout << low << ' ' << high << '\n';
}
