// in: 3
// in: 1 2 3
// out: 6
#include <stdio.h>
int main(void) {
  int n, total = 0, x;
  scanf("%d", &n);
  while (n--) { scanf("%d", &x); total += x; }
  printf("%d\n", total);
}
