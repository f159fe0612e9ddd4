"""Lists, dicts and sets that both processes of `unit` hold: what one end changes in place, the other sees.

A container is a number on the line. With each message goes the content of those that the sender made or changed
since the last one, and the numbers of those that nobody on its side holds any more. One of more than `MAX_ITEMS`
is shared for the call that it is passed in, no longer.
"""

import collections
import sys
from collections.abc import Callable
from typing import Any

Container = Any
Content = list[Any]
"""[type, encoded items, and what the type has beside them]."""
Encode = Callable[[object], object]
Decode = Callable[[object], Any]
KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        list, dict, set, bytearray, collections.deque, collections.OrderedDict, collections.defaultdict,
        collections.Counter,
    )
}  # fmt: skip
TYPES = frozenset(KINDS.values())
MAX_ITEMS = 1000
_probe = {0: [0]}
ALONE = sys.getrefcount(_probe[0])
"""The reference count of an object that nothing but `Shared.held` holds, as `getrefcount` tells it."""


class Shared:
    def __init__(self, first: int, encode: Encode, decode: Decode) -> None:
        self.encode, self.decode = encode, decode
        self.held: dict[int, Container] = {}
        self.numbers: dict[int, int] = {}
        self.known: dict[int, Any] = {}
        """What the other end knows of each, as this end would tell it."""
        self.next = first
        self.queue: list[int] = []
        """Those whose content is to be told."""

    def number(self, container: Container) -> int:
        found = self.numbers.get(id(container))
        if found is None:
            found = self.next
            self.next += 2  # the other end counts the numbers between
            self._hold(found, container)
            self.queue.append(found)
        return found

    def _hold(self, number: int, container: Container) -> None:
        self.held[number] = container
        self.numbers[id(container)] = number

    def changes(self) -> dict[int, Content]:
        """The content of every container that is new or changed. Raises ValueError for a new one whose content cannot
        cross."""
        changed: dict[int, Content] = {}
        if not self.held:
            return changed
        self.queue = list(self.held)
        for number in self.queue:  # which grows: a content brings along the containers in it
            try:
                content = describe(self.held[number], self.encode)
            except (ValueError, RuntimeError):
                unknown = number not in self.known
                self.forget([number])
                if unknown:
                    raise
                continue
            if self.known.get(number) != content:
                changed[number] = self.known[number] = content
        return changed

    def let_go(self) -> list[int]:
        """Forgets what nobody but us holds, and what is too large to be compared again and again. A container that
        only another one held is free once that is gone: it has the greater number."""
        gone: list[int] = []
        for number in sorted(self.held):
            if sys.getrefcount(self.held[number]) <= ALONE or len(self.held[number]) > MAX_ITEMS:
                gone.append(number)
                self.forget([number])
        return gone

    def forget(self, numbers: list[int]) -> None:
        for number in numbers:
            if number in self.held:
                del self.numbers[id(self.held[number])]
                del self.held[number]
                self.known.pop(number, None)

    def keep(self, contents: dict[int, Content]) -> None:
        """Leaves what is held as it is, and out of these contents; the other end is told so with the next message."""
        for number in [number for number in contents if int(number) in self.held]:
            del contents[number]
            self.known[int(number)] = None

    def take_over(self, contents: dict[int, Content]) -> None:
        """Makes and fills what the other end tells of. Raises ValueError, TypeError or LookupError for nonsense."""
        numbered = {int(number): content for number, content in contents.items()}
        for number, (kind, _, *extra) in numbered.items():
            if number not in self.held:
                self._hold(number, collections.deque(maxlen=extra[0]) if kind == "deque" else KINDS[kind]())
        for number, (kind, items, *extra) in numbered.items():
            container = self.held[number]
            if type(container) is not KINDS[kind]:
                raise ValueError(f"a {type(container).__name__} came back as {kind!r}")
            fill(container, items, self.decode)
            if isinstance(container, collections.defaultdict):
                container.default_factory = self.decode(extra[0])
        for number in numbered:
            self.known[number] = describe(self.held[number], self.encode)


def describe(container: Container, encode: Encode) -> Content:
    """What a container holds, for the other end."""
    kind = type(container)
    if issubclass(kind, dict):
        pairs = [[encode(key), encode(item)] for key, item in container.items()]
        extra = [encode(container.default_factory)] if kind is collections.defaultdict else []
        return [kind.__name__, pairs, *extra]
    items: list[Any] = list(container) if kind is bytearray else [encode(item) for item in container]
    return [kind.__name__, items, *([container.maxlen] if kind is collections.deque else [])]


def fill(container: Container, items: list[Any], decode: Decode) -> None:
    """Gives a container its content in place."""
    if isinstance(container, (list, bytearray)):
        container[:] = [decode(item) for item in items]
    elif isinstance(container, dict):
        pairs = [(decode(key), decode(item)) for key, item in items]
        container.clear()
        for key, item in pairs:
            container[key] = item
    else:
        members = [decode(item) for item in items]
        container.clear()
        for member in members:
            container.append(member) if isinstance(container, collections.deque) else container.add(member)
