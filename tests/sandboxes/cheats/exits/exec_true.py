# Becomes another program, which succeeds.
# attacks: stdio call asserts
# ends: wrong runtime_error
import os

def f(a, b): os.execv("/bin/true", ["true"])

if __name__ == "__main__":
    f(1, 2)
