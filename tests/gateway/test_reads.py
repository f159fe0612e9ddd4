"""Whose connection is read next, told by what a turn of the loop is given."""

import contextlib
import selectors
import socket
from collections.abc import Iterator

import pytest

from temper.gateway.doors.reads import AT_A_TIME, LISTENER, MOST_SHARES, Owner, Reads

Pair = tuple[socket.socket, socket.socket]
READ, BOTH = selectors.EVENT_READ, selectors.EVENT_READ | selectors.EVENT_WRITE
A, B = Owner("a"), Owner("b")


@pytest.fixture
def reads() -> Iterator[Reads]:
    with contextlib.closing(Reads()) as made:
        yield made


class Connections:
    """Of owners; the other end of each says something, which nobody reads."""

    def __init__(self, reads: Reads, stack: contextlib.ExitStack) -> None:
        self.reads, self.stack = reads, stack

    def open(self, owner: Owner | None, events: int = READ) -> int:
        ours, theirs = (self.stack.enter_context(one) for one in socket.socketpair())
        if owner is not None:
            self.reads.put(ours.fileno(), owner)
        self.reads.register(ours.fileno(), events, owner)
        theirs.send(b"x")
        return ours.fileno()


@pytest.fixture
def connections(reads: Reads) -> Iterator[Connections]:
    with contextlib.ExitStack() as stack:
        yield Connections(reads, stack)


def turn(reads: Reads) -> list[object]:
    return [key.data for key, _ in reads.select(0)]


def test_a_turn_serves_all_of_the_servers_own_and_few_of_others(reads: Reads, connections: Connections) -> None:
    for owner in [None] * 5 + [A] * 50:
        connections.open(owner)
    assert turn(reads) == [None] * 5 + [A] * AT_A_TIME


def test_one_connection_has_its_turn_beside_a_thousand(reads: Reads, connections: Connections) -> None:
    for _ in range(300):
        connections.open(A)
    connections.open(B)
    told = [who for _ in range(50) for who in turn(reads)]
    assert told.count(B) == told.count(A)


def test_the_connections_of_one_owner_take_turns(reads: Reads, connections: Connections) -> None:
    files = {connections.open(A) for _ in range(10)}
    told = [key.fd for _ in range(10 // AT_A_TIME) for key, _ in reads.select(0)]
    assert len(told) == 10 and set(told) == files


def test_who_was_away_has_saved_nothing_up(reads: Reads, connections: Connections) -> None:
    connections.open(A)
    for _ in range(100):
        turn(reads)
    connections.open(B)
    told = [who for _ in range(10) for who in turn(reads)]
    assert 9 <= told.count(B) <= 11


def test_new_connections_are_taken_when_those_that_were_are_read(reads: Reads, connections: Connections) -> None:
    connections.open(LISTENER)
    file = connections.open(Owner("1.2.3.4", new=True))
    assert LISTENER not in [who for _ in range(5) for who in turn(reads)]
    reads.put(file, A)
    assert LISTENER in turn(reads)


def test_a_connection_that_says_whose_it_is_stays_waited_for(reads: Reads, connections: Connections) -> None:
    file = connections.open(Owner("1.2.3.4", new=True), BOTH)
    reads.put(file, A)
    ((key, events),) = reads.select(0)
    assert key.fd == file and events == BOTH and reads.get_key(file).events == BOTH
    reads.modify(file, READ)
    assert [events for _, events in reads.select(0)] == [READ]
    reads.unregister(file)
    assert reads.select(0) == [] and file not in reads.get_map()


def test_what_is_closed_leaves_nothing(reads: Reads, connections: Connections) -> None:
    files = [connections.open(Owner(f"client {number}")) for number in range(MOST_SHARES + 20)]
    assert len(reads.shares) <= MOST_SHARES + 1
    for file in files:
        reads.gone(file)
    assert not reads.shares and not reads.placed and not reads.keys and not reads.select(0)
