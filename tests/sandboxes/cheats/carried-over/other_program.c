// Puts another program in the place of its own, by each way that a folder has.
// attacks: stdio
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  int fd = open("other", O_CREAT | O_WRONLY, 0755);
  if (fd < 0 || write(fd, "#!/bin/bash\nread a b; echo $((a * b))\n", 38) != 38) return 1;
  close(fd);
  renameat2(AT_FDCWD, "other", AT_FDCWD, "program", RENAME_EXCHANGE);
  rename("other", "program");
  unlink("program");
  link("other", "program");
  chmod("program", 0777);
  truncate("program", 0);
  puts("0");
}
