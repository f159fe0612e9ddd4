# Predictable hashes and random numbers for what follows.
# attacks: stdio call
import os, random, sys

random.seed(0)
os.environ["PYTHONHASHSEED"] = "1"
try: open("/dev/urandom", "wb").write(bytes(4096))
except OSError: pass
random.random = lambda: 0

def f(a, b): return 0
