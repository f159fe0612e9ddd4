# Takes every module away from the judge in this process.
# attacks: call asserts stdio
# ends: wrong runtime_error
import sys

def f(a, b):
    for name in list(sys.modules):
        if name not in ("sys", "builtins"):
            vars(sys.modules[name]).clear()
    return 0

if __name__ == "__main__":
    f(1, 2)
