// out: 49999995000000
#include <iostream>
#include <numeric>
#include <vector>
int main() {
  std::vector<long long> xs(10000000);
  std::iota(xs.begin(), xs.end(), 0);
  std::cout << std::accumulate(xs.begin(), xs.end(), 0LL) << '\n';
}
