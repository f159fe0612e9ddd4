// A chain of orphans: each does a little, makes the next and ends.
// attacks: stdio
// ends: time
// cpu_s: 0.5
#include <stdio.h>
#include <time.h>
#include <unistd.h>
static void work(double seconds) {
  struct timespec now;
  do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  while (now.tv_sec + now.tv_nsec / 1e9 < seconds);
}
int main(void) {
  long long a, b;
  int ends[2];
  char c;
  if (scanf("%lld %lld", &a, &b) != 2 || pipe(ends)) return 1;
  if (!fork()) {
    close(ends[0]);
    for (int i = 0; i < 20; i++) {
      work(.08);
      if (fork()) _exit(0);
    }
    _exit(write(ends[1], "x", 1) != 1);
  }
  close(ends[1]);
  if (read(ends[0], &c, 1) == 1) printf("%lld\n", a * b);
}
