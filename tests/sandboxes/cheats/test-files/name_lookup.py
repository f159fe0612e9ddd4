# Carries the input out by a name lookup.
# attacks: stdio
import socket

try: print(socket.getaddrinfo(input().replace(" ", ".") + ".example.com", 80))
except OSError: print(0)
