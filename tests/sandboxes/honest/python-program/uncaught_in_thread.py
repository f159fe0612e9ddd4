# out: main goes on
import threading

def fails():
    raise ValueError

thread = threading.Thread(target=fails)
thread.start()
thread.join()
print("main goes on")
