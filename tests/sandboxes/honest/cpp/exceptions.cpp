// out: caught stoi
#include <iostream>
#include <stdexcept>
#include <string>
int main() {
  try { std::stoi("none"); }
  catch (const std::invalid_argument& error) { std::cout << "caught " << error.what() << '\n'; }
}
