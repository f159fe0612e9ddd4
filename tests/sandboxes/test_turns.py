"""Places are given in the order of asking, whoever comes as one falls free, and a recalled caller takes none."""

import threading
import time
from collections.abc import Callable

from temper.sandboxes.turns import Caller, Turns


def caller(turns: Turns, turn: Caller, got: Callable[[bool], None]) -> threading.Thread:
    """A thread that asks now, and is in line or inside when this returns."""
    thread = threading.Thread(target=lambda: got(turns.enter(turn)), daemon=True)
    thread.start()
    while turn not in turns.line and not turn.called.is_set():
        time.sleep(0.001)
    return thread


def test_as_many_are_inside_as_there_are_places() -> None:
    turns = Turns(2)
    assert turns.enter(Caller()) and turns.enter(Caller())
    assert turns.free == 0
    turns.leave()
    assert turns.free == 1
    assert turns.enter(Caller())


def test_whoever_asked_first_is_next() -> None:
    turns, order = Turns(1), list[int]()
    assert turns.enter(Caller())

    def told(name: int) -> Callable[[bool], None]:
        return lambda _: order.append(name)

    threads = [caller(turns, Caller(), told(name)) for name in range(8)]
    for thread in threads:
        turns.leave()
        thread.join(10)
    assert order == list(range(8))
    assert (turns.free, len(turns.line)) == (0, 0), "the last one is inside"


def test_a_place_that_falls_free_is_the_waiting_callers_before_another_comes() -> None:
    turns, waiting, late = Turns(1), Caller(), Caller()
    assert turns.enter(Caller())
    thread = caller(turns, waiting, lambda _: None)
    turns.leave()
    assert waiting.called.is_set() and turns.free == 0, "given at once, not left for whoever asks next"
    other = caller(turns, late, lambda _: None)
    assert not late.called.is_set()
    turns.leave()
    for each in (thread, other):
        each.join(10)
    assert late.called.is_set()


def test_a_recalled_caller_leaves_the_line_and_takes_no_place() -> None:
    turns, first, second, got = Turns(1), Caller(), Caller(), list[bool]()
    assert turns.enter(Caller())
    threads = [caller(turns, turn, got.append) for turn in (first, second)]
    turns.recall(first)
    threads[0].join(10)
    assert got == [False]
    turns.leave()
    threads[1].join(10)
    assert got == [False, True]
    turns.leave()
    assert (turns.free, len(turns.line)) == (1, 0)


def test_one_who_is_inside_is_not_recalled() -> None:
    turns, inside = Turns(1), Caller()
    assert turns.enter(inside)
    turns.recall(inside)
    assert not inside.recalled and turns.free == 0


def test_one_who_is_recalled_before_asking_does_not_wait() -> None:
    turns, turn = Turns(1), Caller()
    assert turns.enter(Caller())
    turns.recall(turn)
    assert not turns.enter(turn)
    assert (turns.free, len(turns.line)) == (0, 0)
