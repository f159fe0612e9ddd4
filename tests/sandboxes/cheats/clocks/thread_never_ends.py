# A thread that is waited for.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import threading

def burn():
    while True: pass

threading.Thread(target=burn).start()
