// out: before
#include <cstdlib>
#include <iostream>
static void done() { std::cout << "before\n"; std::exit(0); }
int main() { done(); std::cout << "after\n"; }
