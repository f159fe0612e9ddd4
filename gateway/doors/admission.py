"""Which requests are let in: so many of one client at a time, and none in a drain."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from temper.gateway.doors.refusals import RefusalError, too_many


class Admission:
    def __init__(self, most: int, waiting_of: Callable[[Hashable], int] = lambda client: 0) -> None:
        """`most` requests of a client; `waiting_of`: what of it waits without a request."""
        self.most, self.waiting_of = most, waiting_of
        self.under_way: Counter[Hashable] = Counter()
        """Requests by client."""
        self.draining = False

    @property
    def busy(self) -> bool:
        return bool(self.under_way)

    @contextmanager
    def admitted(self, client: Hashable) -> Iterator[None]:
        """A request of the client under way. Raises RefusalError where there are too many, and in a drain."""
        if self.draining:
            raise RefusalError(503, "draining: no new requests; ask another server", {"Retry-After": "5"})
        # What a client took back waits in the queue all the same, until its turn.
        waiting = max(self.under_way[client], self.waiting_of(client))
        if waiting >= self.most:
            refusal = too_many(f"queue: {waiting} requests of yours wait already; send it again later")
            # A flood holds no connection, and none of its bodies is read.
            refusal.headers["Connection"] = "close"
            raise refusal
        self.under_way[client] += 1
        try:
            yield
        finally:
            self.under_way[client] -= 1
            if not self.under_way[client]:
                del self.under_way[client]
