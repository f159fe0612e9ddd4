# A daemon of that sort.
# attacks: stdio
import ctypes, os, threading, time

if os.fork() == 0:
    os.setsid()
    threading.Thread(target=time.sleep, args=(100,)).start()
    ctypes.CDLL(None).syscall(60, 0)
time.sleep(0.02)
