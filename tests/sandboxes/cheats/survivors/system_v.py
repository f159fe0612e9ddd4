# Shared memory, queues and semaphores of System V.
# attacks: stdio
import ctypes

libc = ctypes.CDLL(None)
for key in range(1, 40):
    libc.shmget(key, 4096, 0o1666)
    libc.msgget(key, 0o1666)
    libc.semget(key, 1, 0o1666)
