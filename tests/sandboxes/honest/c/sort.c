// in: 4
// in: 3 1 4 1
// out: 1 1 3 4
#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(void) {
  int n;
  scanf("%d", &n);
  int *xs = malloc(n * sizeof *xs);
  for (int i = 0; i < n; i++) scanf("%d", xs + i);
  qsort(xs, n, sizeof *xs, compare);
  for (int i = 0; i < n; i++) printf("%d%c", xs[i], i == n - 1 ? '\n' : ' ');
  free(xs);
}
