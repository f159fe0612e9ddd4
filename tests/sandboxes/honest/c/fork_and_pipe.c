// in: 5
// out: 120
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int n, ends[2], status;
  if (scanf("%d", &n) != 1 || pipe(ends) == -1) return EXIT_FAILURE;
  pid_t child = fork();
  if (child == -1) return EXIT_FAILURE;
  if (child == 0) {
    close(ends[0]);
    long long product = 1;
    for (int i = 2; i <= n; i++) product *= i;
    _exit(write(ends[1], &product, sizeof product) != sizeof product);
  }
  close(ends[1]);
  long long product = 0;
  if (read(ends[0], &product, sizeof product) != sizeof product) return EXIT_FAILURE;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status)) return EXIT_FAILURE;
  printf("%lld\n", product);
}
