# Services of the network that know the machine.
# attacks: stdio call
# cpu_s: 1
import socket

for address in (("169.254.169.254", 80), ("127.0.0.1", 6379), ("127.0.0.1", 8265), ("10.0.0.1", 80), ("8.8.8.8", 53)):
    with socket.socket() as line:
        line.settimeout(0.05)
        try:
            line.connect(address)
            print("connected")
        except OSError: pass
print(0)

def f(a, b): return 0
