# Threads without number.
# attacks: stdio
# ends: processes
# cpu_s: 2
import threading, time

while True:
    try: threading.Thread(target=time.sleep, args=(9,)).start()
    except RuntimeError: time.sleep(0.01)
