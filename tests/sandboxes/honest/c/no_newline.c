// out: "end"
#include <stdio.h>
int main(void) { printf("end"); }
