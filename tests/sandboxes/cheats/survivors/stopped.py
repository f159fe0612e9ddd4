# A child that is stopped, and so takes no signal but one.
# attacks: stdio
import os, signal

pid = os.fork()
if pid == 0: signal.pause()
os.kill(pid, signal.SIGSTOP)
