"""Other systems' protocols: NeMo-Gym's recorded rollouts get their rewards, SandboxFusion's clients their runs.

`nemo_gym.jsonl.gz` holds rollouts that NeMo-Gym ships as examples (Apache-2.0, of some servers CC-BY-4.0),
joined with the rows that they are of.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served, does

from temper.gateway import nemo_gym
from temper.gateway.judge import Asked
from temper.gateway.section import GatewaySection
from temper.verifiers.judging import Judgement
from temper.verifiers.verdict import abstained, scored

with gzip.open(Path(__file__).with_name("nemo_gym.jsonl.gz"), "rt") as _lines:
    ROLLOUTS = [json.loads(line) for line in _lines]
REFUSED = {"reasoning_gym": "needs its package in the box"}
"""A package that this sandbox lacks."""
Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def answer() -> Iterator[Answer]:
    """What a judging process says, asked here."""
    asked = Asked(GatewaySection.model_validate({"sandbox": {"kind": "local"}}), lambda frame: None)

    def ask(row: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        head, _, body = asked.answer(b"judge body\n" + json.dumps(row).encode()).partition(b"\n")
        return int(head.split()[1]), json.loads(body)

    yield ask
    asked.sandbox.close()


@pytest.mark.parametrize("place", range(len(ROLLOUTS)), ids=[f"{one['server']}-{n}" for n, one in enumerate(ROLLOUTS)])
def test_a_recorded_rollout_gets_its_recorded_reward(answer: Answer, place: int) -> None:
    recorded = ROLLOUTS[place]
    status, told = answer(recorded["row"])
    if what := REFUSED.get(recorded["server"]):
        assert status == 422 and what in told["error"]
        return
    assert status == 200 and told["reward"] == recorded["reward"], told
    assert "mask_sample" not in told and told["response"] == recorded["row"]["response"]


def test_the_recorded_rollouts_are_of_many_servers_and_of_both_ends() -> None:
    judged = [one for one in ROLLOUTS if one["server"] not in REFUSED]
    assert len(judged) >= 18 and len({one["server"] for one in judged}) >= 8
    assert {one["reward"] for one in judged} == {0.0, 1.0}


ROW: dict[str, Any] = {"responses_create_params": {"input": "?"}, "question": "6 x 7?", "expected_answer": "42"}


@pytest.mark.parametrize(("place", "reward"), [("12:45", 1.0), ("13:00", 0.0), ("10:30", 0.0)])
def test_a_calendar_is_judged_by_its_constraints(answer: Answer, place: str, reward: float) -> None:
    """The recorded one with its second event (60 minutes before 13:45, behind one from 10:00 to 11:00) elsewhere."""
    (row,) = (one["row"] for one in ROLLOUTS if one["server"] == "calendar")
    moved = json.dumps(row).replace("12:45", place)
    assert moved.count(place) == json.dumps(row).count("12:45") > 0
    assert answer(json.loads(moved))[1]["reward"] == reward


def responded(text: str) -> dict[str, Any]:
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return {**ROW, "response": {"output": [message]}}


@pytest.mark.parametrize("judgement", [Judgement(abstained("why")), Judgement(None, "sandbox: gone")])
def test_what_is_no_score_is_masked(judgement: Judgement) -> None:
    told = nemo_gym.answer_to(responded("x"), judgement)
    assert told["reward"] == 0.0 and told["mask_sample"] is True and told["temper_outcome"] == judgement.outcome
    assert "mask_sample" not in nemo_gym.answer_to(responded("x"), Judgement(scored(0.0)))


def test_a_row_of_another_server_is_refused(answer: Answer) -> None:
    status, told = answer({"responses_create_params": {}, "response": {"output": []}, "ground_truth": []})
    assert status == 422 and "no row that a verifier of ours judges" in told["error"]


@pytest.mark.parametrize("broken", [{"response": {"output": "x"}}, {"response": {"output": [1]}}, {"question": 1}])
def test_a_row_that_is_broken_is_refused(answer: Answer, broken: dict[str, Any]) -> None:
    assert answer({**responded("x"), **broken})[0] in (200, 422)


def test_nemo_gyms_calls_are_answered_over_http(gateway: Served) -> None:
    seeded = gateway.send("/seed_session", json.dumps(ROW))
    assert seeded.status == 200 and seeded.json == {} and seeded.headers["set-cookie"].startswith("session=")
    verified = gateway.send("/verify", json.dumps(responded("\\boxed{42}")))
    assert verified.status == 200 and verified.json["reward"] == 1.0


def runs(gateway: Served, code: object, **more: Any) -> Any:
    body = {"language": "python", "run_timeout": 2, "compile_timeout": 2, "stdin": "7\n", "code": code}
    return gateway.send("/run_code", json.dumps({**body, **more}))


def test_a_program_is_run_as_sandbox_fusion_runs_it(gateway: Served) -> None:
    good = runs(gateway, "print(int(input()) * 2)", memory_limit_MB=256, files={}, fetch_files=[])
    assert good.status == 200 and good.json["status"] == "Success"
    assert good.json["run_result"]["stdout"] == "14\n" and good.json["run_result"]["return_code"] == 0
    bad = runs(gateway, "raise SystemExit(3)").json
    assert bad["status"] == "Failed" and bad["run_result"]["status"] == "Finished" and bad["run_result"]["return_code"]
    slow = runs(gateway, "while True: pass", run_timeout=1).json
    assert slow["status"] == "Failed" and slow["run_result"]["status"] == "TimeLimitExceeded"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"language": "cobol"}, "no 'cobol' here"),
        ({"files": {"a": "eA=="}}, "files are not carried here"),
        ({"run_timeout": -5}, "expected a number above 0"),
        ({"code": 3}, "expected texts"),
    ],
)
def test_a_program_that_cannot_be_run_here_is_refused(gateway: Served, more: dict[str, Any], what: str) -> None:
    reply = runs(gateway, **{"code": "pass", **more})
    assert reply.status == 422 and what in reply.json["error"]


def test_its_own_answer_stands_beside_the_facades(gateway: Served) -> None:
    assert gateway.verify(*does("ok")).json["outcome"] == "scored"
