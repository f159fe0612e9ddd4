# The work is done after the last line: at exit.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import atexit

def burn():
    while True: pass

atexit.register(burn)
