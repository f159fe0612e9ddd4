# atexit turns a failure into status 0.
# attacks: stdio
import atexit, os

atexit.register(os._exit, 0)
raise ValueError
