// in: 2
// in: 1 2
// in: 3 4
// out: 7 10
// out: 15 22
#include <stdio.h>
int main(void) {
  int n;
  scanf("%d", &n);
  int a[n][n];
  for (int i = 0; i < n * n; i++) scanf("%d", &a[i / n][i % n]);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      int total = 0;
      for (int k = 0; k < n; k++) total += a[i][k] * a[k][j];
      printf("%d%c", total, j == n - 1 ? '\n' : ' ');
    }
}
