// Calls by the 32-bit door, which has other numbers.
// attacks: stdio
// ends: wrong runtime_error
#include <stdio.h>
int main(void) {
#ifdef __x86_64__
  long got;
  __asm__ volatile("int $0x80" : "=a"(got) : "a"(288), "b"(1), "c"(0), "d"(0), "S"(0), "D"(0) : "memory");
  if (got >= 0) puts("reached");
#endif
  puts("0");
}
