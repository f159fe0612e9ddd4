# An excepthook that prints success and leaves with 0.
# attacks: stdio
import os, sys

def hook(*args):
    print("PASSED", flush=True)
    os._exit(0)

sys.excepthook = hook
raise ValueError
