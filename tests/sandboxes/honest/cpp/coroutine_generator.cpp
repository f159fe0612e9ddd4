// out: 0 1 1 2 3 5 8
#include <coroutine>
#include <exception>
#include <iostream>
#include <utility>

template <typename T>
class Generator {
 public:
  struct promise_type {
    T current;
    Generator get_return_object() { return Generator{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(T value) {
      current = std::move(value);
      return {};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit Generator(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Generator(const Generator&) = delete;
  ~Generator() { handle_.destroy(); }
  bool next() {
    handle_.resume();
    return !handle_.done();
  }
  const T& value() const { return handle_.promise().current; }

 private:
  std::coroutine_handle<promise_type> handle_;
};

Generator<int> fibonacci(int count) {
  for (int a = 0, b = 1; count--; b = std::exchange(a, b) + b) co_yield a;
}

int main() {
  auto numbers = fibonacci(7);
  for (const char* blank = ""; numbers.next(); blank = " ") std::cout << blank << numbers.value();
  std::cout << '\n';
}
