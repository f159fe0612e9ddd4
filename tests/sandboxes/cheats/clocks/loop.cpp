// Threads in compiled code.
// attacks: stdio
// ends: time
// cpu_s: 0.3
#include <thread>
#include <vector>
int main() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) threads.emplace_back([] { volatile unsigned long n = 0; for (;;) n = n + 1; });
  for (auto& thread : threads) thread.join();
}
