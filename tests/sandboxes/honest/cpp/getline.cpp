// in: hello big world
// in: 7
// out: 15 7
#include <iostream>
#include <string>
int main() {
  std::string line;
  int n;
  std::getline(std::cin, line);
  std::cin >> n;
  std::cout << line.size() << ' ' << n << '\n';
}
