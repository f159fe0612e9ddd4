# Brothers that outlive it, asleep, deaf to all but SIGKILL and in sessions of their own.
# attacks: stdio call pytest
# cpu_s: 2
import ctypes, os, signal, time

libc = ctypes.CDLL(None)
for _ in range(40):
    if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:
        os.setsid()
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True: time.sleep(100)

def f(a, b): return 0
