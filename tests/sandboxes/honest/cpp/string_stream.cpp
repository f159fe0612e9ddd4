// in: 1,2,3
// out: 6
#include <iostream>
#include <sstream>
int main() {
  std::string line, part;
  std::getline(std::cin, line);
  std::stringstream stream(line);
  int total = 0;
  while (std::getline(stream, part, ',')) total += std::stoi(part);
  std::cout << total << '\n';
}
