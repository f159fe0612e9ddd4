// out: 1
#include <stdio.h>
int main(int argc, char **argv) { printf("%d\n", argc); return argv[1] != NULL; }
