// in: + 2 * 3 4
// out: 14
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

struct Binary;
using Expr = std::variant<long long, std::unique_ptr<Binary>>;
struct Binary {
  char op;
  Expr left, right;
};
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::optional<long long> number(std::string_view text) {
  long long value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

Expr parse() {
  std::string token;
  std::cin >> token;
  if (auto value = number(token)) return *value;
  auto node = std::make_unique<Binary>();
  node->op = token.front();
  node->left = parse();
  node->right = parse();
  return node;
}

long long evaluate(const Expr& expr) {
  return std::visit(Overloaded{[](long long value) { return value; },
                               [](const std::unique_ptr<Binary>& node) {
                                 const auto a = evaluate(node->left), b = evaluate(node->right);
                                 return node->op == '+' ? a + b : a * b;
                               }},
                    expr);
}

int main() { std::cout << evaluate(parse()) << std::endl; }
