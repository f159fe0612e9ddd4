// in: 1 2
// in: 3
// out: 6
#include <stdio.h>
int main(void) {
  int x, total = 0;
  while (scanf("%d", &x) == 1) total += x;
  printf("%d\n", total);
  return 0;
}
