// in: level
// out: yes
#include <stdio.h>
#include <string.h>
int main(void) {
  char s[50];
  scanf("%49s", s);
  int ok = 1;
  for (size_t i = 0, n = strlen(s); i < n; i++) ok &= s[i] == s[n - 1 - i];
  puts(ok ? "yes" : "no");
}
