// in: one two
// in: three
// out: 7 5
#include <stdio.h>
#include <string.h>
int main(void) {
  char line[100];
  const char *gap = "";
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    printf("%s%zu", gap, strlen(line));
    gap = " ";
  }
  puts("");
}
