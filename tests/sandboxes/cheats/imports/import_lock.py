# Holds the import lock in a thread, so that the judge's next import waits.
# attacks: call asserts stdio
import _imp, threading, time

def hold():
    _imp.acquire_lock()
    time.sleep(0.2)

threading.Thread(target=hold, daemon=True).start()

def f(a, b): return 0
