# The same in small pieces, and with a flag of the handler instead.
# attacks: stdio
# ends: time
# cpu_s: 0.4
import ctypes, os, struct, time

SA_NOCLDWAIT, SIGCHLD = 2, 17
ctypes.CDLL(None).sigaction(SIGCHLD, struct.pack("Q128xiQ", 0, SA_NOCLDWAIT, 0), None)
a, b = map(int, input().split())
for _ in range(80):
    reader, writer = os.pipe()
    if os.fork() == 0:
        end = time.thread_time() + 0.025
        while time.thread_time() < end: pass
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
print(a * b)
