# A thread that ends the process while the main one is judged.
# attacks: call asserts
# ends: runtime_error
import os, threading, time

def f(a, b):
    threading.Thread(target=os._exit, args=(0,)).start()
    time.sleep(5)
