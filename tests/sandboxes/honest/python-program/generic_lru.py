# out: None 2 3
# out: hits=5 fib=102334155
import functools
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LRU(Generic[K, V]):
    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        if key not in self._items:
            return None
        self._items.move_to_end(key)
        return self._items[key]

    def put(self, key: K, value: V) -> None:
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._size:
            self._items.popitem(last=False)


cache: LRU[str, int] = LRU(2)
for number, letter in enumerate("abc", start=1):
    cache.put(letter, number)
print(cache.get("a"), cache.get("b"), cache.get("c"))


@functools.cache
def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


value = fib(40)
for _ in range(5):
    fib(40)
print(f"hits={fib.cache_info().hits - 38} fib={value}")
