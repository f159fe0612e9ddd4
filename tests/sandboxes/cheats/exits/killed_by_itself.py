# SIGKILL: a runner that looks at positive statuses sees none.
# attacks: stdio call asserts
# ends: runtime_error
import os, signal

def f(a, b): os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    f(1, 2)
