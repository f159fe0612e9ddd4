# Slows the parents down: least priority, one processor, idle class.
# attacks: stdio
# one uid: broke_the_sandbox
import os

for pid in (1, os.getppid(), os.getppid() - 1):
    for change in (lambda: os.setpriority(os.PRIO_PROCESS, pid, 19), lambda: os.sched_setaffinity(pid, {0}),
                   lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)), lambda: os.setpriority(os.PRIO_USER, 0, 19)):
        try: change()
        except OSError: pass
