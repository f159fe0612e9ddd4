// in: 10
// out: 00001010 2 a
#include <bitset>
#include <iostream>
#include <tuple>
int main() {
  int n;
  std::cin >> n;
  auto [c, x] = std::tuple('a', 1.5);
  std::cout << std::bitset<8>(n) << ' ' << std::bitset<8>(n).count() << ' ' << c << '\n';
}
