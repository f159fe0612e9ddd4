# The same by system calls.
# attacks: stdio asserts
import ctypes, os

class Piece(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

libc = ctypes.CDLL(None)

def f(a, b):
    buffer = ctypes.create_string_buffer(64)
    mine, theirs = Piece(ctypes.addressof(buffer), 64), Piece(id(f), 64)
    for pid in (1, os.getppid()):
        for call in (310, 311):
            if libc.syscall(call, pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0: print("crossed", pid)
    return 0

f(1, 2)
