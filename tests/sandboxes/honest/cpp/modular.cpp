// in: 2 1000000000
// out: 140625001
#include <iostream>
int main() {
  long long base, power, result = 1;
  const long long mod = 1000000007;
  std::cin >> base >> power;
  for (; power; power >>= 1, base = base * base % mod) if (power & 1) result = result * base % mod;
  std::cout << result << '\n';
}
