// The size of what the compiler makes.
// attacks: stdio
// ends: compile_error runtime_error
char big[1u << 30] = {1};
int main(int argc, char**) { return big[argc * 1000]; }
