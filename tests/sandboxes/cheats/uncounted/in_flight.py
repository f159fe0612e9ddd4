# Files without a name that are open nowhere but in messages under way.
# attacks: stdio
# ends: memory
# cpu_s: 3
# memory_mb: 64
# not promised: that only a message under way holds
import os, socket, time

a, b = map(int, input().split())
ours, theirs = socket.socketpair()
for _ in range(6):
    fd = os.memfd_create("x")
    for _ in range(40): os.write(fd, b"x" * (1 << 20))
    socket.send_fds(ours, [b"x"], [fd])
    os.close(fd)
time.sleep(0.05)
print(a * b)
