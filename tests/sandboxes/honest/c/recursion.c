// in: 200000
// out: 200000
#include <stdio.h>
static int depth(int n) { volatile int here = n; return here == 0 ? 0 : 1 + depth(here - 1); }
int main(void) {
  int n;
  scanf("%d", &n);
  printf("%d\n", depth(n));
}
