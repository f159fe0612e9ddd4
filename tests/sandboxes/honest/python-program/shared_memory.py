# out: 0 1 4 9 16
import os
from multiprocessing import Process, shared_memory


def fill(name: str, start: int, stop: int) -> None:
    memory = shared_memory.SharedMemory(name=name)
    for i in range(start, stop):
        memory.buf[i] = i * i
    memory.close()


if __name__ == "__main__":
    memory = shared_memory.SharedMemory(create=True, size=5)
    try:
        workers = [Process(target=fill, args=(memory.name, a, b)) for a, b in ((0, 2), (2, 5))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(*memory.buf[:5])
    finally:
        memory.close()
        memory.unlink()
    assert os.listdir("/dev/shm") == []
