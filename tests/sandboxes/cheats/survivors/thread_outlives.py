# A thread that goes on while the main one has finished.
# attacks: call
import threading, time

def on():
    while True: time.sleep(0.01)

def f(a, b):
    threading.Thread(target=on).start()
    return 0
