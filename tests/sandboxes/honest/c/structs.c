// in: 2
// in: ann 30
// in: bob 25
// out: bob
#include <stdio.h>
struct person { char name[20]; int age; };
int main(void) {
  int n;
  struct person youngest = {"", 1000}, p;
  scanf("%d", &n);
  while (n-- && scanf("%19s %d", p.name, &p.age) == 2) if (p.age < youngest.age) youngest = p;
  puts(youngest.name);
}
