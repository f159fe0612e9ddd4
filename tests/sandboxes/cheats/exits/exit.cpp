// C++: a destructor of a static object leaves with 0 after an abort was armed.
// attacks: stdio
// cpu_s: 5
#include <csignal>
#include <cstdlib>
#include <unistd.h>
struct Last { ~Last() { _exit(0); } } last;
int main() { std::signal(SIGABRT, [](int) { _exit(0); }); std::abort(); }
