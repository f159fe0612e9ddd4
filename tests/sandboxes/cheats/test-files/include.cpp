// Includes files of the host while it is compiled.
// attacks: stdio
// ends: compile_error
#include "/etc/shadow"
#include "/root/.bash_history"
int main() { return 0; }
