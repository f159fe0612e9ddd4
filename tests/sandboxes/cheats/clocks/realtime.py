# A priority that nothing else gets by.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import os

for policy in (os.SCHED_FIFO, os.SCHED_RR):
    try: os.sched_setscheduler(0, policy, os.sched_param(99))
    except OSError: pass
try: os.setpriority(os.PRIO_PROCESS, 0, -20)
except OSError: pass
while True: pass
