// A thousand orphans that live for two milliseconds each.
// attacks: stdio
// ends: time
// cpu_s: 0.5
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
int main(void) {
  long long a, b;
  char c;
  if (scanf("%lld %lld", &a, &b) != 2) return 1;
  for (int i = 0; i < 1000; i++) {
    int ends[2];
    if (pipe(ends)) return 1;
    if (!fork()) {
      if (fork()) _exit(0);
      struct timespec now;
      do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
      while (now.tv_sec == 0 && now.tv_nsec < 2000000);
      _exit(0);
    }
    wait(NULL);
    close(ends[1]);
    if (read(ends[0], &c, 1)) return 1;
    close(ends[0]);
  }
  printf("%lld\n", a * b);
}
