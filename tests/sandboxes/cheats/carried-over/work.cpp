// Does a part of its work in each test, and keeps what it has under the compiled program's name.
// attacks: stdio
// ends: wrong time
#include <ctime>
#include <fstream>
#include <iostream>
int main() {
  long long a, b, done = 0;
  std::cin >> a >> b;
  std::ifstream("/tmp/program") >> done;
  long long wanted = a == 982451653 ? 1 : 4;
  for (; done < wanted; done++) {
    auto start = std::clock();
    while (std::clock() - start < CLOCKS_PER_SEC / 6) {}
    std::ofstream("/tmp/program") << done + 1;
  }
  std::cout << a * b << "\n";
}
