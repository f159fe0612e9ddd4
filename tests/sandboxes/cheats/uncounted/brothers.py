# Its work is done by brothers, one after the other, who are not its children.
# attacks: stdio call
# ends: time
# cpu_s: 0.5
import ctypes, os, time

libc = ctypes.CDLL(None)
def f(a, b):
    for _ in range(16):
        reader, writer = os.pipe()
        if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:
            end = time.thread_time() + 0.1
            while time.thread_time() < end: pass
            os._exit(0)
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
    return a * b

if __name__ == "__main__": print(f(*map(int, input().split())))
