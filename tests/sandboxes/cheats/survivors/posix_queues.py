# Message queues, semaphores and shared memory of POSIX.
# attacks: stdio
import ctypes, os

libc = ctypes.CDLL(None)
for i in range(20):
    libc.mq_open(b"/q%d" % i, os.O_CREAT | os.O_RDWR, 0o666, None)
    libc.shm_open(b"/s%d" % i, os.O_CREAT | os.O_RDWR, 0o666)
    libc.sem_open(b"/e%d" % i, os.O_CREAT, 0o666, 1)
