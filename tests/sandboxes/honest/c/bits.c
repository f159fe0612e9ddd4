// in: 255
// out: 8 1
#include <stdio.h>
int main(void) {
  unsigned x;
  scanf("%u", &x);
  printf("%d %u\n", __builtin_popcount(x), x & -x);
}
