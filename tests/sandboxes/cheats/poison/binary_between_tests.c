// Writes over its own binary, for the next test.
// attacks: stdio
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
  unlink("program");
  int fd = open("program", O_CREAT | O_WRONLY, 0755);
  if (fd >= 0 && write(fd, "#!/bin/echo 472882027\n", 22) == 22) close(fd);
  puts("0");
}
