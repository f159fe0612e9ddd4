# A daemon that listens on an abstract socket, for the next job or another slot.
# attacks: stdio
import os, socket, time

if os.fork() == 0:
    os.setsid()
    line = socket.socket(socket.AF_UNIX)
    line.bind("\0evil")
    line.listen()
    time.sleep(100)
