// Brothers that share its memory, each to end by another signal, or by none: who waits for children sees none of them.
// attacks: stdio
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
static int nothing(void *unused) { return 0; }
int main(void) {
  for (int signal = 0; signal < 65; signal++)
    clone(nothing, (char *)malloc(65536) + 65536, CLONE_VM | CLONE_PARENT | signal, 0);
  usleep(1000);
}
