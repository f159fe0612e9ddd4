// out: 6
#include <pthread.h>
#include <stdio.h>
static void *square(void *p) { int *x = p; *x *= *x; return NULL; }
int main(void) {
  int xs[] = {1, 1, 2};
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(threads + i, NULL, square, xs + i);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  printf("%d\n", xs[0] + xs[1] + xs[2]);
}
