# Timers, alarms and asynchronous I/O that fire later.
# attacks: stdio
import os, signal

signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
if os.fork() == 0:
    signal.alarm(3600)
    signal.pause()
