"""Whose turn it is, on a clock of the test's own."""

from itertools import count

from temper.gateway.fair import MOST_CLIENTS, MOST_NAMES, FairQueue


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def worked(queue: FairQueue[str], clock: Clock, seconds: dict[str, float], items: int) -> list[str]:
    """One process takes so many items, each of which takes its client's seconds; in the order in which they were
    taken."""
    taken = []
    for _ in range(items):
        ticket, item = queue.take() or (0, "")
        clock.now += seconds[item[0]]
        queue.done(ticket)
        taken.append(item)
    return taken


def test_one_client_is_served_in_order() -> None:
    clock = Clock()
    queue = FairQueue[str](clock)
    for number in range(5):
        queue.put("a", "", f"a{number}")
    assert worked(queue, clock, {"a": 1}, 5) == [f"a{number}" for number in range(5)]
    assert queue.take() is None and len(queue) == 0


def test_clients_share_the_time_and_not_the_items() -> None:
    """a's items take 4 s, b's 1 s: four of b's for one of a's, whoever sent more."""
    clock = Clock()
    queue = FairQueue[str](clock)
    for number in range(200):
        queue.put("a", "", f"a{number}")
    for number in range(100):
        queue.put("b", "", f"b{number}")
    taken = worked(queue, clock, {"a": 4.0, "b": 1.0}, 100)
    assert 19 <= sum(item[0] == "a" for item in taken) <= 21


def test_who_comes_later_has_saved_nothing_up_and_lost_nothing() -> None:
    clock = Clock()
    queue = FairQueue[str](clock)
    for number in range(100):
        queue.put("a", "", f"a{number}")
    worked(queue, clock, {"a": 1.0}, 50)
    for number in range(50):
        queue.put("b", "", f"b{number}")
    taken = worked(queue, clock, {"a": 1.0, "b": 1.0}, 40)
    assert sum(item[0] == "b" for item in taken) == 20


def test_what_is_still_at_work_counts() -> None:
    """Four processes: a's first items hang, so what comes free goes to b."""
    clock = Clock()
    queue = FairQueue[str](clock)
    for name in "ab":
        for number in range(10):
            queue.put(name, "", f"{name}{number}")
    hanging = [queue.take() for _ in range(2)]
    assert {item[1][0] for item in hanging if item} == {"a", "b"}
    clock.now += 10
    b = next(ticket for ticket, item in filter(None, hanging) if item[0] == "b")
    queue.done(b)
    clock.now += 10
    assert (queue.take() or (0, ""))[1][0] == "b"


def test_many_names_of_one_client_gain_nothing() -> None:
    clock = Clock()
    queue = FairQueue[str](clock)
    for number in range(1000):
        queue.put("a", f"name {number}", f"a{number}")
    for number in range(100):
        queue.put("b", "", f"b{number}")
    taken = worked(queue, clock, {"a": 1.0, "b": 1.0}, 100)
    assert sum(item[0] == "b" for item in taken) == 50


def test_names_of_one_client_share_its_time() -> None:
    clock = Clock()
    queue = FairQueue[str](clock)
    for name, items in (("x", 100), ("y", 10)):
        for number in range(items):
            queue.put("a", name, f"{name}{number}")
    taken = worked(queue, clock, {"x": 1.0, "y": 1.0}, 20)
    assert sum(item[0] == "y" for item in taken) == 10


def test_a_spare_place_goes_to_who_has_nothing_at_work() -> None:
    clock = Clock()
    queue = FairQueue[str](clock)
    queue.put("a", "", "a0")
    queue.put("a", "", "a1")
    assert queue.take()
    clock.now = 5
    assert queue.take(only_idle=True) is None, "a has one at work"
    queue.put("b", "", "b0")
    assert (queue.take(only_idle=True) or (0, ""))[1] == "b0"


def test_what_began_lately_is_told_from_what_hangs() -> None:
    clock = Clock()
    queue = FairQueue[str](clock)
    for name in "abc":
        queue.put(name, "", name)
    tickets = []
    for _ in range(2):
        tickets.append((queue.take() or (0, ""))[0])
        clock.now += 1
    assert queue.lately(1.5) == 1 and queue.lately(0.5) == 0
    assert queue.take()
    assert queue.lately(0.5) == 1 and queue.lately(5) == 3
    queue.done(tickets[0])
    assert queue.lately(5) == 2


def test_however_many_come_little_is_kept() -> None:
    clock = Clock()
    queue = FairQueue[str](clock)
    numbers = count()
    for number in range(3 * MOST_CLIENTS):
        queue.put(f"client {number}", f"name {number}", f"c{next(numbers)}")
    for number in range(3 * MOST_NAMES):
        queue.put("one", f"name {number}", f"c{next(numbers)}")
    assert len(queue.root.below) <= 2 * MOST_CLIENTS + 1
    assert len(worked(queue, clock, {"c": 0.1}, next(numbers))) == 3 * (MOST_CLIENTS + MOST_NAMES)
    queue.put("x", "", "c")
    queue.root.prune()
    assert len(queue.root.below) == 1
