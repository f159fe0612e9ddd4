// in: 3
// in: 1 2 3
// out: 6
#include <iostream>
int main() {
  int n, total = 0;
  std::cin >> n;
  for (int x; n-- && std::cin >> x;) total += x;
  std::cout << total << std::endl;
}
