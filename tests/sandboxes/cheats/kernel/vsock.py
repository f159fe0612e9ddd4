# The socket to the machine that this machine runs on.
# attacks: stdio
import socket

for cid in (0, 1, 2):
    for port in (1, 22, 1024, 52):
        try:
            with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as line:
                line.settimeout(0.02)
                line.connect((cid, port))
                print("connected", cid, port)
        except OSError: pass
