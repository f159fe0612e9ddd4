// The same with each of its types, by the bare call.
// attacks: stdio
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  long long a, b;
  if (scanf("%lld %lld", &a, &b) != 2) return 1;
  for (int type = 0; type < 12; type++)
    for (int flags = 0; flags < 2; flags++)
      for (long high = 0; high < 2; high++)
        if (syscall(SYS_socket, 40L | high << 32, type | flags * 02000000, 0) >= 0) {
          printf("%lld\n", a * b);
          return 0;
        }
}
