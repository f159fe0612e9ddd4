// in: 10 20 30
// out: 20 30
#include <iostream>
#include <set>
int main() {
  std::set<int> xs;
  for (int x; std::cin >> x;) xs.insert(x);
  std::cout << *xs.lower_bound(15) << ' ' << *xs.rbegin() << '\n';
}
