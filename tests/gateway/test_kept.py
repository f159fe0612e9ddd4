"""Verdicts by their key, on a clock and with answers of the test's own."""

import asyncio
from collections.abc import Callable

import pytest

from temper.gateway import kept
from temper.gateway.doors.refusals import RefusalError
from temper.gateway.kept import KEPT_S, Kept
from temper.gateway.workers import Answer


def answer(status: int = 200, size: int = 2) -> Answer:
    return Answer(status, "math", "scored", 0.0, b"x" * size)


class Asking:
    """Counts how often it is asked; the answer is given later."""

    def __init__(self) -> None:
        self.given: list[asyncio.Future[Answer]] = []

    def __call__(self) -> asyncio.Future[Answer]:
        self.given.append(asyncio.get_running_loop().create_future())
        return self.given[-1]


def in_loop(test: Callable[[], None]) -> Callable[[], None]:
    """Futures want a loop that runs."""

    async def run() -> None:
        test()

    return lambda: asyncio.run(run())


def test_a_key_is_asked_once_while_at_work_and_after_a_verdict() -> None:
    @in_loop
    def run() -> None:
        asking, store = Asking(), Kept()
        first = store.entry("c", "k", b"body").once(0, asking)
        assert store.entry("c", "k", b"body").once(0, asking) is first
        first.set_result(answer())
        assert store.entry("c", "k", b"body").once(0, asking) is first and len(asking.given) == 1

    run()


@pytest.mark.parametrize("end", ["error of ours", "exception", "cancelled"])
def test_what_is_no_verdict_is_asked_again(end: str) -> None:
    @in_loop
    def run() -> None:
        asking, store = Asking(), Kept()
        first = store.entry("c", "k", b"body").once(0, asking)
        if end == "error of ours":
            first.set_result(answer(503))
        elif end == "exception":
            first.set_exception(RuntimeError())
            first.exception()
        else:
            first.cancel()
        assert store.entry("c", "k", b"body").once(0, asking) is not first and len(asking.given) == 2

    run()


def test_a_key_belongs_to_its_client_and_its_body() -> None:
    store = Kept()
    entry = store.entry("c", "k", b"body")
    assert store.entry("d", "k", b"other") is not entry
    with pytest.raises(RefusalError, match="came with another body"):
        store.entry("c", "k", b"other")
    with pytest.raises(RefusalError, match="over 256 characters"):
        store.entry("c", "k" * 300, b"body")


def test_it_is_kept_for_ten_minutes() -> None:
    now = [0.0]
    store = Kept(lambda: now[0])
    entry = store.entry("c", "k", b"body")
    now[0] = KEPT_S
    assert store.entry("c", "k", b"body") is entry
    now[0] = KEPT_S + 1
    assert store.entry("c", "k", b"body") is not entry and KEPT_S == 600


def test_too_much_of_it_is_forgotten_from_the_oldest_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 100_000)

    @in_loop
    def run() -> None:
        asking, store = Asking(), Kept()
        for number in range(300):
            store.entry("c", f"k{number}", b"body").once(0, asking)
            if number:  # the first stays at work
                asking.given[-1].set_result(answer(size=1000))
        assert len(store.entries) < 110 and ("c", "k0") in store.entries and ("c", "k299") in store.entries

    run()
