# Stops itself.
# attacks: call
# ends: time
# cpu_s: 0.1
import os, signal

def f(a, b): os.kill(os.getpid(), signal.SIGSTOP)
