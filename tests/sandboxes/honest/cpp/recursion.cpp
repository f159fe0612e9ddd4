// in: 100000
// out: 5000050000
#include <iostream>
long long total(long long n) { return n ? n + total(n - 1) : 0; }
int main() {
  long long n;
  std::cin >> n;
  std::cout << total(n) << '\n';
}
