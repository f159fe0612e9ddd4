// Brothers by clone3, without any signal, and a brother of each of them.
// attacks: stdio
// ends: wrong runtime_error processes
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static long brother(void) {
  struct clone_args arguments;
  memset(&arguments, 0, sizeof arguments);
  arguments.flags = CLONE_PARENT;
  return syscall(SYS_clone3, &arguments, sizeof arguments);
}
int main(void) {
  for (int i = 0; i < 35; i++)
    if (brother() == 0) {
      brother();
      _exit(0);
    }
}
