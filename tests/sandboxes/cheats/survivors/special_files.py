# Pipes, sockets and links.
# attacks: stdio
import os, socket

os.mkfifo("pipe")
os.mkfifo("/tmp/pipe", 0)
for path in ("socket", "/tmp/socket", "/dev/shm/socket"):
    socket.socket(socket.AF_UNIX).bind(path)
