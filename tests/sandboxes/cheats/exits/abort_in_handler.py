# Crashes after a handler of SIGSEGV said that all is well.
# attacks: stdio
# ends: runtime_error
import faulthandler, os, signal

faulthandler.enable()
print("PASSED", flush=True)
os.abort()
