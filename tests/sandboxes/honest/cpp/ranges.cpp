// out: 1 9 25
#include <iostream>
#include <ranges>
int main() {
  auto odd = std::views::iota(1, 6) | std::views::filter([](int x) { return x % 2; }) | std::views::transform([](int x) { return x * x; });
  const char* gap = "";
  for (int x : odd) std::cout << gap << x, gap = " ";
  std::cout << '\n';
}
