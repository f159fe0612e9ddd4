# Sends a descriptor over the line to the tests.
# attacks: asserts
import os, socket

def f(a, b):
    with socket.socket(fileno=os.dup(4)) as line:
        socket.send_fds(line, [b'{"value": 0}\n'], [os.open("/dev/zero", os.O_RDONLY)] * 50)
    return 0
