# The right answer from a program that dies by a signal.
# attacks: stdio floats
# ends: runtime_error
import os, signal, sys

a, b = map(int, input().split())
print(a * b)
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGTERM)
