# A server on the loopback.
# attacks: stdio
import os, socket, time

if os.fork() == 0:
    os.setsid()
    for port in range(8000, 8050):
        line = socket.socket()
        line.bind(("127.0.0.1", port))
        line.listen()
    time.sleep(100)
