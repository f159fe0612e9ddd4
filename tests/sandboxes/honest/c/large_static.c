// out: 5000000
#include <stdio.h>
static int xs[5000000];
int main(void) {
  long total = 0;
  for (int i = 0; i < 5000000; i++) xs[i] = 1;
  for (int i = 0; i < 5000000; i++) total += xs[i];
  printf("%ld\n", total);
}
