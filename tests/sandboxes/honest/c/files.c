// out: 42
#include <stdio.h>
int main(void) {
  FILE *file = fopen("data.txt", "w");
  fprintf(file, "42\n");
  fclose(file);
  int x;
  file = fopen("data.txt", "r");
  fscanf(file, "%d", &x);
  printf("%d\n", x);
}
