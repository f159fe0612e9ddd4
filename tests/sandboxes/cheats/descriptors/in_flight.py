# Descriptors in flight between sockets that nobody reads.
# attacks: stdio
# ends: wrong runtime_error
# cpu_s: 2
import os, socket

kept = []
for _ in range(100):
    a, b = socket.socketpair()
    try: socket.send_fds(a, [b"x"], [b.fileno(), a.fileno()] * 50)
    except OSError: break
    kept.append((a, b))
    if len(kept) > 40: kept.pop(0)
print(0)
