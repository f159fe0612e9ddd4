// in: "a long line without an end"
// out: 26
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  char *line = NULL;
  size_t size = 0;
  printf("%zd\n", getline(&line, &size, stdin));
  free(line);
}
