// in: 18446744073709551557 18446744073709551533 18446744073709551615
// out: 4756
// out: int double
#include <inttypes.h>
#include <stdio.h>

#define NAME(x) _Generic((x), int: "int", double: "double", default: "other")
_Static_assert(sizeof(uint64_t) == 8, "64 bits");

static uint64_t mulmod(uint64_t a, uint64_t b, uint64_t m) { return (uint64_t)((unsigned __int128)a * b % m); }

int main(void) {
  uint64_t a, b, m;
  if (scanf("%" SCNu64 " %" SCNu64 " %" SCNu64, &a, &b, &m) != 3) return 1;
  printf("%" PRIu64 "\n", mulmod(a, b, m) % 10007);
  printf("%s %s\n", NAME(1), NAME(1.0));
  return 0;
}
