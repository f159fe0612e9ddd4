// out: 4950 55
#include <atomic>
#include <future>
#include <iostream>
#include <numeric>
#include <thread>
#include <vector>

int main() {
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  auto half = values.begin() + 50;
  auto sum = [](auto first, auto last) { return std::accumulate(first, last, 0); };
  auto left = std::async(std::launch::async, sum, values.begin(), half);
  auto right = std::async(std::launch::async, sum, half, values.end());
  std::atomic<int> total{0};
  {
    std::vector<std::jthread> workers;
    for (int i = 1; i <= 10; ++i) workers.emplace_back([&total, i] { total += i; });
  }
  std::cout << left.get() + right.get() << ' ' << total << '\n';
}
