# out: rung
import signal, time

signal.signal(signal.SIGALRM, lambda *args: print("rung"))
signal.setitimer(signal.ITIMER_REAL, 0.02)
time.sleep(0.1)
