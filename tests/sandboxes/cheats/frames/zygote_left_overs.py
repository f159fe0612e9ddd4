# What the warm interpreter forgot to close or free: sockets, requests, descriptors.
# attacks: stdio
import gc, socket

for it in gc.get_objects():
    if isinstance(it, socket.socket) and it.fileno() >= 0:
        try:
            it.send(b'{"pid": 1, "status": 0}')
            print(it.recv(1000))
        except OSError:
            pass
print("none")
