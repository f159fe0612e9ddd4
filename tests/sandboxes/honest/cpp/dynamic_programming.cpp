// in: kitten sitting
// out: 3
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>
int main() {
  std::string a, b;
  std::cin >> a >> b;
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) row[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    int corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      int next = std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1])});
      corner = row[j];
      row[j] = next;
    }
  }
  std::cout << row.back() << '\n';
}
