# Memory of a process whose first thread has ended.
# attacks: stdio
# ends: memory
# cpu_s: 3
import ctypes, threading, time

def grow():
    time.sleep(0.05)
    kept = bytearray(300 << 20)
    time.sleep(10)

threading.Thread(target=grow).start()
ctypes.CDLL(None).syscall(60, 0)
