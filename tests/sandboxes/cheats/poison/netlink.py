# The loopback down, addresses and filters by netlink.
# attacks: stdio
import fcntl, socket, struct

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    try: fcntl.ioctl(line, 0x8914, struct.pack("16sh14x", b"lo", 0)); print("down")
    except OSError: pass
for family in range(22):
    try: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family).close()
    except OSError: pass
