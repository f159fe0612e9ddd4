# out: 1
import threading, time

threading.Thread(target=lambda: (time.sleep(0.05), print(1))).start()
