# Runs itself once more as `__main__`, `solution` and `test_solution`.
# attacks: asserts call
# ends: wrong runtime_error
import runpy, sys

if sys.modules.get("again") is None:
    sys.modules["again"] = sys
    for name in ("__main__", "test_solution", "solution"):
        runpy.run_path(__file__, run_name=name)

def f(a, b): return 0
