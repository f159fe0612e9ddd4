"""Programs that try to pass without being right, or to break the place that they run in (`cheats/`). None may score.

Every cheat runs once per kind of sandbox. After each an honest program runs on the same slot, comes out right, and
finds nothing that the cheat left; after each class of them, honest programs of every kind do.
"""

import re
from pathlib import Path

import pytest
from oracles import Oracle, Recorder, by_two, classes, judge, needs_met, oracles, try_cheat

from temper.sandboxes.job import Job, Limits, Result, Sandbox, Stdio
from temper.sandboxes.local import ALWAYS, PROMISES, LocalSlots
from temper.sandboxes.pool import Pool

pytestmark = pytest.mark.whole
CLASSES = classes("cheats")
FORGING = (
    "brothers", "carried-over", "descriptors", "equality", "exits", "frames", "held-slots", "huge-values", "imports",
    "patching", "poison", "results", "sentinels", "signals", "sockets", "solution-module", "test-files", "uncounted",
    "unnamed-signals", "values",
)  # fmt: skip
"""Classes that are tried with one uid as well: those that forge a score, or change that of the next program."""


UNPROMISED = "it may end its own slot"


def is_tried(cheat: Oracle, box: Sandbox) -> bool:
    """In Docker everything is. Elsewhere what is not tried names the promise that `local` does not make."""
    assert isinstance(box, Pool)
    if cheat.language not in box.languages:
        return False
    if not isinstance(box.factory, LocalSlots):
        return True
    refusal = "not promised" in cheat.header or (not box.factory.uids and cheat.get("one uid") == UNPROMISED)
    if refusal:
        said = cheat.get("not promised") or cheat.get("one uid")
        assert any(said in line for line in box.factory.limits_of_promise()), f"{cheat.name}: local promises {said!r}"
    return not refusal


def test_the_cheats_are_many_and_of_many_classes() -> None:
    cheats = oracles("cheats")
    assert len(cheats) >= 500
    assert len(CLASSES) >= 24
    assert all(cheat.get("attacks") for cheat in cheats)
    texts = [re.sub(r"\A((#|//|/\*).*\n)*", "", cheat.source) for cheat in cheats]
    assert len(set(texts)) == len(texts)


def test_local_says_what_it_does_not_promise() -> None:
    said = [*ALWAYS, *PROMISES["shared uid"]]
    for cheat in oracles("cheats"):
        for key in ("not promised", "one uid"):
            reason = cheat.get(key)
            assert not reason or reason == "broke_the_sandbox" or any(reason in line for line in said), cheat.name


def test_the_docs_list_what_local_does_not_promise() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sandboxes.md").read_text("utf-8")
    listed = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
    assert listed == [*ALWAYS, *PROMISES["shared uid"], *PROMISES["plain"]]


@pytest.mark.parametrize("name", CLASSES)
def test_no_cheat_succeeds_or_leaves_anything(pair: list[Sandbox], name: str) -> None:
    assert by_two(pair, [cheat for cheat in oracles("cheats", name) if is_tried(cheat, pair[0])], try_cheat) == []
    assert [needs_met(box) for box in pair] == [[], []]


@pytest.mark.parametrize("name", FORGING)
def test_no_cheat_forges_a_score_where_it_has_our_uid(one_uid_pair: list[Sandbox], name: str) -> None:
    tried = [cheat for cheat in oracles("cheats", name) if is_tried(cheat, one_uid_pair[0])]
    assert tried
    assert by_two(one_uid_pair, tried, lambda box, cheat: try_cheat(box, cheat, cheat.get("one uid"))) == []
    assert [needs_met(box) for box in one_uid_pair] == [[], []]


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
def test_every_kind_of_honest_program_comes_out_right_after_every_cheat(pair: list[Sandbox], name: str) -> None:
    tried = [cheat for cheat in oracles("cheats", name) if is_tried(cheat, pair[0])]
    assert by_two(pair, tried, lambda box, cheat: try_cheat(box, cheat) + needs_met(box)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FORGING)
def test_every_kind_comes_out_right_after_every_cheat_with_our_uid(one_uid_pair: list[Sandbox], name: str) -> None:
    tried = [cheat for cheat in oracles("cheats", name) if is_tried(cheat, one_uid_pair[0])]
    ends = by_two(one_uid_pair, tried, lambda box, cheat: try_cheat(box, cheat, cheat.get("one uid")) + needs_met(box))
    assert ends == []


@pytest.mark.parametrize("cheat", oracles("cheats", "held-slots"), ids=lambda cheat: cheat.path.name)
def test_a_job_ends_at_the_test_that_decides_its_score(box: Sandbox, cheat: Oracle) -> None:
    for tests in cheat.get("attacks").split():
        recorder = Recorder(box)
        assert judge(recorder, tests, cheat, cases=12).score == 0.0
        outcomes = [result.outcome for result in recorder.results]
        assert len(outcomes) == 12
        assert outcomes.count("not_run") >= 10, outcomes  # one of them is quick, and by then the next is at work


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
def test_a_cheat_comes_to_the_same_end_ten_times(pair: list[Sandbox], name: str) -> None:
    tried = [cheat for cheat in oracles("cheats", name) if is_tried(cheat, pair[0])]
    assert by_two(pair, tried * 10, try_cheat) == []


def test_the_network_is_out_of_reach(box: Sandbox) -> None:
    source = (
        "import socket\nfor address in ('10.0.0.1', '172.17.0.1'):\n  s = socket.socket()\n  s.settimeout(1)\n"
        "  try: s.connect((address, 80))\n  except OSError as error: print(error.errno)"
    )
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=("",))))
    assert result.stdout == "101\n101\n"


def test_a_program_has_no_capability_and_can_gain_none(box: Sandbox) -> None:
    source = (
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapPrm', 'NoNewPrivs'))])"
    )
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=("",))))
    assert result.stdout == "['0000000000000000', '0000000000000000', '1']\n"


def test_a_limit_kills_in_time(box: Sandbox) -> None:
    results: list[Result] = []
    for _ in range(5):
        results += box.run(Job(source="while True: pass", tests=Stdio(inputs=("",)), limits=Limits(cpu_s=0.2)))
    assert [r.outcome for r in results] == ["time"] * 5
    assert max(r.cpu_s for r in results) < 0.2 + 0.1
