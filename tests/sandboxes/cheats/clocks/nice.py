# The least priority, the other scheduling class.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import os

os.nice(19)
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True: pass
