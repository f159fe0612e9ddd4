# out: [0, 1, 4, 9]
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(lambda x: x * x, range(4))))
