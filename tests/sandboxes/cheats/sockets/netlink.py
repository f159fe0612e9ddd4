# Right only where a protocol of netlink can be had that has nothing to do with addresses.
# attacks: stdio
import socket

a, b = map(int, input().split())
for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
    for protocol in range(1, 32):
        try:
            socket.socket(socket.AF_NETLINK, kind, protocol)
            print(a * b)
            raise SystemExit
        except OSError: pass
