// in: 2 10
// out: 1.4142 1.000000e+01 3.16228
#include <math.h>
#include <stdio.h>
int main(void) {
  double a, b;
  scanf("%lf %lf", &a, &b);
  printf("%.4f %e %g\n", sqrt(a), b, sqrt(b));
}
