// out: circle 12.57
// out: square 9.00
#include <cstdio>
#include <memory>
#include <vector>
struct Shape { virtual ~Shape() = default; virtual double area() const = 0; virtual const char* name() const = 0; };
struct Circle : Shape { double area() const override { return 3.14159265 * 4; } const char* name() const override { return "circle"; } };
struct Square : Shape { double area() const override { return 9; } const char* name() const override { return "square"; } };
int main() {
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Circle>());
  shapes.push_back(std::make_unique<Square>());
  for (auto& shape : shapes) std::printf("%s %.2f\n", shape->name(), shape->area());
}
