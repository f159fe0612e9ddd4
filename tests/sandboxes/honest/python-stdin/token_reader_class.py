# in: 3
# in: 10 20
# in: 30 x
# out: 60 x
import sys
from collections.abc import Iterator


class Scanner:
    def __init__(self) -> None:
        self._tokens: Iterator[bytes] = iter(sys.stdin.buffer.read().split())

    def next_int(self) -> int:
        return int(next(self._tokens))

    def next_str(self) -> str:
        return next(self._tokens).decode()


scanner = Scanner()
print(sum(scanner.next_int() for _ in range(scanner.next_int())), scanner.next_str())
