"""What lies ready for a process that is at work: whose it is, and what becomes of it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from served import does, line

from temper.gateway.judge import AHEAD
from temper.gateway.judges import Judges
from temper.gateway.section import GatewaySection
from temper.gateway.workers import Answer

SECTION = GatewaySection.model_validate(
    {"workers": 2, "sandbox": {"kind": "local"}, "plugins": ["does"], "verdict_s": 5.0}
)

Story = Callable[[Judges], Awaitable[None]]
Judged = Callable[[Story], None]


def question(what: str, name: str = "d", prompt: str = "?") -> bytes:
    problem, completion = does(what)
    return f"judge body\n{line({**problem, 'id': name, 'prompt': prompt}, completion)}".encode()


@pytest.fixture(scope="module")
def judged() -> Iterator[Judged]:
    """Runs a story with the processes of a gateway, who are at rest before and after it."""
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        judges = Judges(SECTION)
        runner.run(judges.start())

        async def whole(told: Story) -> None:
            await told(judges)
            await asyncio.gather(*judges.tasks)
            assert not judges.ahead and not judges.given_at and not len(judges.queue)

        yield lambda told: runner.run(whole(told))
        runner.run(judges.close())


def score(answer: Answer) -> object:
    return json.loads(answer.body)["score"]


def test_one_client_alone_has_a_question_ready_for_each_process(judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        asked = [judges.ask("a", "", question("sleep 0.1")) for _ in range(6)]
        assert len(judges.ahead) == 2 and len(judges.queue) == 2 and judges.queue.at_work() == 2
        assert [score(answer) for answer in await asyncio.gather(*asked)] == [1.0] * 6

    judged(told)


@pytest.mark.parametrize("who", [("b", ""), ("a", "another name")], ids=["a client", "a name"])
def test_it_is_taken_back_for_who_comes_second(who: tuple[str, str], judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        done: list[str] = []

        def ask(client: str, name: str, label: str) -> asyncio.Future[Answer]:
            asked = judges.ask(client, name, question("sleep 0.5"))
            asked.add_done_callback(lambda _: done.append(label))
            return asked

        asked = [ask("a", "", f"a{number}") for number in range(6)]
        assert len(judges.ahead) == 2
        asked.append(ask(*who, "second"))
        assert not judges.ahead and len(judges.queue) == 5
        await asyncio.gather(*asked)
        assert set(done[:2]) == {"a0", "a1"} and "second" in done[2:4]
        ours = [label for label in done if label != "second"]
        assert all(abs(ours.index(f"a{number}") - number) <= 1 for number in range(6)), "the order of the queue"

    judged(told)


def test_what_takes_long_holds_up_nothing_that_is_not_begun(judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        slow = judges.ask("a", "", question("sleep 3"))
        quick = [judges.ask("a", "", question("ok")) for _ in range(20)]
        assert judges.ahead
        await asyncio.gather(*quick)
        assert not slow.done()
        await slow

    judged(told)


def test_a_process_that_is_free_takes_what_lies_behind_another_question(judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        slow = judges.ask("a", "", question("sleep 0.5"))
        asked = [judges.ask("a", "", question("ok")) for _ in range(2)]
        assert [taken.item.answer for taken in judges.ahead.values()] == [asked[1]]
        await asked[0]
        assert not judges.ahead and judges.queue.at_work() == 2
        await asyncio.gather(slow, *asked)

    judged(told)


@pytest.mark.parametrize("end", ["die", "leave"])
def test_it_outlives_the_process_for_which_it_lay_ready(end: str, judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        before = judges.errors["lost"]
        lost = judges.ask("a", "", question(end))
        asked = [judges.ask("a", "", question("ok")) for _ in range(10)]
        assert len(judges.ahead) == 2
        assert [score(answer) for answer in await asyncio.gather(*asked)] == [1.0] * 10
        assert (await lost).status == 503 and judges.errors["lost"] == before + 2

    judged(told)


def test_what_is_no_datagram_waits_in_the_queue(judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        asked = [judges.ask("a", "", question("sleep 0.1", prompt="?" * AHEAD)) for _ in range(4)]
        assert not judges.ahead and len(judges.queue) == 2
        assert [score(answer) for answer in await asyncio.gather(*asked)] == [1.0] * 4

    judged(told)


def test_who_goes_takes_with_him_what_is_not_begun(tmp_path: Path, judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        asked = [judges.ask("a", "", question("sleep 0.2")) for _ in range(2)]
        asked += [judges.ask("a", "", question(f"note {tmp_path}/notes", f"n{number}")) for number in range(8)]
        for gone in asked[4:8]:
            gone.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    judged(told)
    assert sorted((tmp_path / "notes").read_text().split()) == ["n0", "n1", "n6", "n7"]


def test_whoever_comes_between_each_question_is_judged_once(tmp_path: Path, judged: Judged) -> None:
    async def told(judges: Judges) -> None:
        asked = []
        for number in range(400):
            asked.append(judges.ask("a", "", question(f"note {tmp_path}/notes", f"a{number}")))
            if number % 7 == 0:
                asked.append(judges.ask("b", "", question(f"note {tmp_path}/notes", f"b{number}")))
            if number % 50 == 0:
                asked.append(judges.ask("a", "", question("sleep 0.03")))
            await asyncio.sleep(0.001 * (number % 3))
        await asyncio.gather(*asked)

    start = time.monotonic()
    judged(told)
    counted = Counter((tmp_path / "notes").read_text().split())
    assert len(counted) == 400 + 58 and set(counted.values()) == {1}, time.monotonic() - start
