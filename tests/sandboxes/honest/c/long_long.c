// in: 4000000000 3
// out: 12000000000 64000000000000000000
#include <stdio.h>
int main(void) {
  unsigned long long a, b;
  scanf("%llu %llu", &a, &b);
  unsigned __int128 cube = (unsigned __int128)a * a * 4;
  printf("%llu %llu%019llu\n", a * b, (unsigned long long)(cube / 10000000000000000000ull), (unsigned long long)(cube % 10000000000000000000ull));
}
