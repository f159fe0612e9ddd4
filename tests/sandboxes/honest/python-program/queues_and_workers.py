# out: 4950
import queue
import threading

jobs: "queue.Queue[int | None]" = queue.Queue(maxsize=10)
total, lock = 0, threading.Lock()


def worker() -> None:
    global total
    while (item := jobs.get()) is not None:
        with lock:
            total += item
        jobs.task_done()
    jobs.task_done()


threads = [threading.Thread(target=worker, daemon=True) for _ in range(4)]
for thread in threads:
    thread.start()
for item in [*range(100), *[None] * 4]:
    jobs.put(item)
jobs.join()
print(total)
