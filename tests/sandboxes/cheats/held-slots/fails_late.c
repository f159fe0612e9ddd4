// Fails in every test, after a while.
// attacks: stdio
// ends: runtime_error
#include <stdlib.h>
#include <unistd.h>
int main(void) {
  usleep(300000);
  abort();
}
