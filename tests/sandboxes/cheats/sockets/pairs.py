# Right only where a pair of sockets of a strange family can be had.
# attacks: stdio
import socket

a, b = map(int, input().split())
for family in range(46):
    for kind in range(1, 6):
        try:
            if family != 1 and socket.socketpair(family, kind):
                print(a * b)
                raise SystemExit
        except OSError: pass
