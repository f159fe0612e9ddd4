// Takes files into the binary by the assembler while it is compiled.
// attacks: stdio
// ends: compile_error
__asm__(".incbin \"/proc/1/mem\"");
int main(void) { return 0; }
