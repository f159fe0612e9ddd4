# Its work is done by children that nobody waits for: the kernel forgets what they used.
# attacks: stdio call
# ends: time
# cpu_s: 0.5
import os, signal, time

def work(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass

def f(a, b):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(16):
        reader, writer = os.pipe()
        if os.fork() == 0:
            work(0.1)
            os._exit(0)
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
    return a * b

if __name__ == "__main__": print(f(*map(int, input().split())))
