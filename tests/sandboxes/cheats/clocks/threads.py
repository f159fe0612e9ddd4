# Threads share the work.
# attacks: stdio
# ends: time
# cpu_s: 0.3
import hashlib, threading

def burn():
    while True: hashlib.sha256(bytes(1 << 20)).digest()

for _ in range(4): threading.Thread(target=burn).start()
