# Sockets below the protocols.
# attacks: stdio
import socket

for family, kind in ((socket.AF_INET, socket.SOCK_RAW), (socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_PACKET, socket.SOCK_DGRAM)):
    for protocol in (0, 1, 3, 255):
        try: socket.socket(family, kind, protocol); print("opened", family, kind)
        except OSError: pass
