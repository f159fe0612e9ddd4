# Sockets that are full and that nobody reads.
# attacks: stdio
# ends: memory
# cpu_s: 3
# memory_mb: 64
import socket, time

a, b = map(int, input().split())
kept = []
for _ in range(450):
    kept.append(socket.socketpair())
    kept[-1][0].setblocking(False)
    try:
        while True: kept[-1][0].send(b"x" * 65536)
    except BlockingIOError: pass
time.sleep(0.05)
print(a * b)
