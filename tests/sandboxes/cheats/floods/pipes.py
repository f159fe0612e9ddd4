# Memory in pipes and sockets that nobody reads.
# attacks: stdio
# cpu_s: 3
# memory_mb: 256
import fcntl, os, socket

kept = []
try:
    while len(kept) < 400:
        reader, writer = os.pipe2(os.O_NONBLOCK)
        kept.append((reader, writer))
        try: fcntl.fcntl(writer, 1031, 1 << 20)
        except OSError: pass
        try:
            while True: os.write(writer, bytes(65536))
        except BlockingIOError: pass
except OSError: pass
print(0)
