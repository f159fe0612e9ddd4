// in: 2
// out: 1.41421 1.414214 1.414213562373095
#include <cmath>
#include <iomanip>
#include <iostream>
int main() {
  double x;
  std::cin >> x;
  std::cout << std::sqrt(x) << ' ' << std::fixed << std::setprecision(6) << std::sqrt(x) << ' ' << std::setprecision(15) << std::sqrt(x) << '\n';
}
