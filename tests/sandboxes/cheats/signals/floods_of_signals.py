# Signals without end, to itself and its children.
# attacks: stdio
# ends: time
# cpu_s: 0.3
import os, signal

signal.signal(signal.SIGUSR1, lambda *args: None)
while True: os.kill(0, signal.SIGUSR1)
