// in: the cat the dog the end
// out: cat:1 dog:1 end:1 the:3
#include <iostream>
#include <map>
#include <string>
int main() {
  std::map<std::string, int> count;
  for (std::string word; std::cin >> word;) count[word]++;
  const char* gap = "";
  for (auto& [word, n] : count) std::cout << gap << word << ':' << n, gap = " ";
  std::cout << '\n';
}
