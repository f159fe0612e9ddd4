// Warnings and errors without end.
// attacks: stdio
// ends: compile_error
#define A x; x; x; x; x; x; x; x; x; x;
#define B A A A A A A A A A A
#define C B B B B B B B B B B
int main(void) { C C C C C C C C C C }
