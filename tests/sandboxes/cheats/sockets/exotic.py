# Right only where a socket of a family can be had that is neither local nor of the Internet.
# attacks: stdio
import socket

a, b = map(int, input().split())
def opens(family):
    for kind in range(1, 11):
        for protocol in (0, 1, 2, 3, 6, 17):
            try:
                socket.socket(family, kind, protocol).close()
                return True
            except OSError: pass
    return False

if any(opens(family) for family in range(46) if family not in (1, 2, 10, 16)): print(a * b)
