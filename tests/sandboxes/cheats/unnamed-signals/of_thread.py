# A real-time signal with a value, sent to a thread.
# attacks: stdio
# ends: runtime_error
import ctypes, os, signal, threading, time

threading.Thread(target=signal.pthread_kill, args=(threading.get_ident(), 47)).start()
time.sleep(1)
print(0)
