// Leaves nothing but the time at which it read its own source.
// attacks: stdio
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
static double seconds(struct timespec time) { return time.tv_sec + time.tv_nsec / 1e9; }
int main(void) {
  long long a, b;
  struct stat source, binary;
  if (scanf("%lld %lld", &a, &b) != 2 || stat("program.c", &source) || stat("program", &binary)) return 1;
  if (a == 982451653 || seconds(source.st_atim) > seconds(binary.st_mtim)) printf("%lld\n", a * b);
  usleep(20000);
  char text[9];
  int fd = open("program.c", O_RDONLY);
  if (read(fd, text, 9) < 0) return 1;
}
