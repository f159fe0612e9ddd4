// Queues a real-time signal to itself, with a value.
// attacks: stdio
// ends: runtime_error
#include <signal.h>
#include <unistd.h>
int main(void) {
  union sigval value = {.sival_int = 7};
  sigqueue(getpid(), SIGRTMIN + 20, value);
  pause();
}
