# Reads and writes the memory of its parents.
# attacks: stdio asserts
import os

def f(a, b):
    for pid in (1, os.getppid(), os.getppid() - 1):
        for mode in ("rb", "r+b"):
            try:
                with open(f"/proc/{pid}/mem", mode) as file: print("opened", pid)
            except OSError: pass
    return 0

f(1, 2)
