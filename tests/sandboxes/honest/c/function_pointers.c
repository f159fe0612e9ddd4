// in: 6 * 7
// out: 42
#include <stdio.h>
static int add(int a, int b) { return a + b; }
static int times(int a, int b) { return a * b; }
int main(void) {
  int a, b;
  char op;
  scanf("%d %c %d", &a, &op, &b);
  int (*f)(int, int) = op == '+' ? add : times;
  printf("%d\n", f(a, b));
}
