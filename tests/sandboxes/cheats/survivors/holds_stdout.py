# A child that holds the pipes open.
# attacks: stdio call
import os, time

if os.fork() == 0:
    os.setsid()
    time.sleep(100)

def f(a, b): return 0
