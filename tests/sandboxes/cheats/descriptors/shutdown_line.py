# Shuts the line down in one direction only.
# attacks: asserts
# ends: runtime_error
import os, socket

def f(a, b):
    socket.socket(fileno=os.dup(4)).shutdown(socket.SHUT_WR)
    return 0
