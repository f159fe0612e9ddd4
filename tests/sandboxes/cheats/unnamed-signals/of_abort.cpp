// Handles its own abort by a signal that the C library keeps for itself.
// attacks: stdio
// ends: runtime_error
#include <csignal>
#include <cstdlib>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
  std::signal(SIGABRT, [](int) { syscall(SYS_tgkill, getpid(), getpid(), 32); });
  std::abort();
}
