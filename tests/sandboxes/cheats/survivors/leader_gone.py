# The first thread ends, the others go on: the process looks like a zombie.
# attacks: stdio
# ends: time
import ctypes, threading

def burn():
    while True: pass

threading.Thread(target=burn).start()
ctypes.CDLL(None).syscall(60, 0)
