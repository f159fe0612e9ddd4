# Replaces sys.exit, os._exit and the interpreter's own shutdown.
# attacks: stdio
import os, sys, threading

threading._shutdown = lambda: os.write(1, b"PASSED\n")
sys.exit = os._exit = lambda *args: None
