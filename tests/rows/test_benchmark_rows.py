"""Rows of benchmarks as problems: what right and wrong answers score, which rows are refused and why."""

import base64
import json
import pickle
import zlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from temper.rows.benchmarks import aime, bfcl, evalplus, gpqa, gsm_plus, harmbench, ifeval, livecodebench, mmlu_redux
from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for

Row = dict[str, Any]
STARTER = "class Solution:\n    def half(self, x: int) -> float:\n"
GPQA: Row = {"Question": "Which?", "Correct Answer": "right"} | {f"Incorrect Answer {i}": f"no {i}" for i in (1, 2, 3)}
MMLU: Row = {"question": "2 + 2?", "choices": ["3", "4"], "answer": 1, "error_type": "ok", "correct_answer": None}
GSM: Row = {"question": "How many?", "answer": "12", "perturbation_type": "critical thinking"}
IFEVAL: Row = {
    "key": 7, "prompt": "Say it without commas.", "instruction_id_list": ["punctuation:no_comma"],
    "kwargs": [{"num_words": None}],
}  # fmt: skip
TOOL: Row = {"name": "add", "parameters": {"type": "dict", "properties": {"who": {"type": "String"}}}}
BFCL: Row = {
    "id": "simple_java_1", "question": [[{"role": "user", "content": "add Ann"}]], "function": [TOOL],
    "ground_truth": [{"add": {"who": ["Ann-Lee"]}}],
}  # fmt: skip


def packed(given: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(given))).decode()


def lcb(kind: str = "stdin", private: object = None, **changes: Any) -> Row:
    case = {"input": "4", "output": "2.0", "testtype": kind}
    return {
        "question_content": "Halve it.", "question_id": "1_A", "starter_code": STARTER if kind == "functional" else "",
        "public_test_cases": json.dumps([case]), "metadata": json.dumps({"func_name": "half"}),
        "private_test_cases": private or packed(json.dumps([case | {"input": "6", "output": "3.0"}])),
        **changes,
    }  # fmt: skip


HUMANEVAL: Row = {
    "task_id": "HumanEval/3", "prompt": "def inc(x):\n", "canonical_solution": "    return [x + 0.1, None]\n",
    "entry_point": "inc", "base_input": [[1]], "plus_input": [[2.5]], "atol": 0,
}  # fmt: skip
HUB: Row = {
    "task_id": 12, "prompt": "Write a function to mend it.", "code": "def mend(x):\n    return x * 0.1\n",
    "test": "def check():\n    inputs = [[3], [float_in]]\n    results = [0.30000000000000004, 1]\n",
    "test_list": ["assert mend(3) == 0.3"],
}  # fmt: skip


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with closing(open_sandbox(SandboxSection(kind="local", slots=1, memory_mb=4096))) as opened:
        yield opened


def score(row: Row, completion: str, sandbox: Sandbox | None = None) -> float | None:
    problem = parse_problem(row, "row")
    return verifier_for(problem).verify(problem, completion, sandbox).score


@pytest.mark.parametrize(
    ("row", "right", "wrong"),
    [
        (aime.problem({"problem": "x?", "answer": "023"}), r"\boxed{23}", r"\boxed{24}"),
        (aime.problem({"question": "x?", "expected_answer": 5}), "The answer is 005.", r"\boxed{50}"),
        (gsm_plus.problem(GSM), r"\boxed{12}", r"\boxed{None}"),
        (gsm_plus.problem(GSM | {"answer": "None"}), "None", r"\boxed{12}"),
        (gpqa.problem(GPQA), r"\boxed{X}", ""),
        (mmlu_redux.problem(MMLU), "Answer: B", "Answer: A"),
        (mmlu_redux.problem(MMLU | {"error_type": "Wrong_Groundtruth", "correct_answer": "A"}), "A", "B"),
        (mmlu_redux.problem(MMLU | {"choices": "['3', '4']", "answer": "1", "error_type": "OK"}), "B", "A"),
        (ifeval.problem(IFEVAL), "It is said.", "It, is said."),
    ],
)
def test_a_reference_answer_scores_1_and_another_0(row: Row, right: str, wrong: str) -> None:
    assert score(row, right.replace("X", str(row.get("answer")))) == 1
    assert score(row, wrong) == 0


def said(name: str, **arguments: Any) -> str:
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def test_bfcl_compares_texts_as_bfcl_does_and_nothing_else() -> None:
    row = bfcl.problem(BFCL)
    assert row["tools"][0]["function"]["parameters"]["properties"]["who"]["type"] == "string"
    for right in ("Ann-Lee", "ann lee", "ANN.LEE"):
        assert score(row, said("add", who=right)) == 1
    wrong = [said("add", who="Anne Lee"), said("Add", who="Ann-Lee"), said("add"), said("add", who="Ann-Lee", more=1)]
    for one in [*wrong, said("add", who=["Ann-Lee"]), said("add", who="Ann-Lee") * 2, "No."]:
        assert score(row, one) == 0


def test_an_irrelevance_row_wants_no_call_however_it_is_written() -> None:
    row = bfcl.problem({key: value for key, value in BFCL.items() if key != "ground_truth"} | {"id": "irrelevance_1"})
    assert score(row, "None of these tools can do that.") == 1
    assert score(row, said("add", who="Ann")) == score(row, '<tool_call>{"name": "add", </tool_call>') == 0


def test_gpqa_has_one_order_and_no_letter_is_preferred() -> None:
    rows = [gpqa.problem(GPQA | {"Question": f"Which {i}?"}) for i in range(400)]
    counts = [sum(row["answer"] == letter for row in rows) for letter in "ABCD"]
    assert min(counts) > 70 and sum(counts) == 400
    moved = dict(reversed(GPQA.items()))
    assert gpqa.problem(moved) == gpqa.problem(GPQA)


@pytest.mark.parametrize(
    ("row", "solution", "wrong"),
    [
        (livecodebench.problem(lcb()), "print(int(input()) / 2)", "print(2)"),
        (livecodebench.problem(lcb()), "print(f'{int(input()) / 2:.3f}')", "print(input())"),
        (
            livecodebench.problem(lcb("functional")),
            f"{STARTER}        return x // 2\n",
            f"{STARTER}        return 2\n",
        ),
        (evalplus.problem(HUMANEVAL), "def inc(x):\n    return [x + 0.1, None]", "def inc(x):\n    return [x, None]"),
        (evalplus.problem(HUMANEVAL), "def inc(x):\n    return [x + 0.1, None]", "def inc(x):\n    return None"),
        (
            evalplus.problem(HUB | {"test": HUB["test"].replace("float_in", "10.0")}),
            "def mend(x):\n    return x / 10",
            "def mend(x):\n    return round(x / 10)",
        ),
        (
            evalplus.problem(HUMANEVAL | {"canonical_solution": "    return eval('1 + 2 * x'.replace('x', str(x)))\n"}),
            "def inc(x):\n    return 1 + 2 * x",
            "def inc(x):\n    return 2 * x",
        ),
    ],
)
def test_programs_are_judged_by_all_tests(row: Row, solution: str, wrong: str, box: Sandbox) -> None:
    assert score(row, f"```python\n{solution}\n```", box) == 1
    assert score(row, f"```python\n{wrong}\n```", box) == 0
    assert "test" not in row["prompt"].lower()


def test_inputs_of_mbpp_become_the_tuples_that_the_task_is_about(box: Sandbox) -> None:
    row = evalplus.problem(
        {
            "task_id": "Mbpp/2",
            "prompt": "Shared elements.",
            "entry_point": "similar_elements",
            "atol": 0,
            "canonical_solution": "def similar_elements(a, b):\n    return tuple(set(a) & set(b))\n",
            "base_input": [[[3, 4], [4, 3]]],
            "plus_input": [],
            "assertion": "assert True",
        }  # fmt: skip
    )
    solution = "def similar_elements(a, b):\n    assert type(a) is tuple\n    return [x for x in b if x in a]"
    assert score(row, f"```python\n{solution}\n```", box) == 1  # any order, and a list: EvalPlus compares sets here


class Planted:
    """What a hostile file would hold: a call that the unpickler is asked to make."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('it ran')",)


@pytest.mark.parametrize("given", [Planted(), [Planted()], {"a": 1}, b"[]", ["[]"], 5, None, len])
def test_an_unpickler_that_makes_text_and_nothing_else(given: object) -> None:
    with pytest.raises(ValueError, match="livecodebench: field 'private_test_cases'"):
        livecodebench.problem(lcb(private=packed(given)))


def test_a_pickle_that_unpacks_to_more_than_a_row_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(livecodebench, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        livecodebench.problem(lcb(private=packed("[" + " " * 5000 + "]")))


@pytest.mark.parametrize(
    ("adapt", "row", "reason"),
    [
        (aime.problem, {"problem": "x?", "answer": "1/2"}, "whole number from 0 to 999"),
        (aime.problem, {"problem": "x?", "answer": 1000}, "whole number from 0 to 999"),
        (gsm_plus.problem, {"question": "x"}, "'answer' must be text"),
        (gpqa.problem, {"Question": "x"}, "'Correct Answer' must be text"),
        (mmlu_redux.problem, MMLU | {"error_type": ""}, "nobody looked at this row"),
        (mmlu_redux.problem, MMLU | {"error_type": "Bad Question Clarity"}, "'bad question clarity'"),
        (mmlu_redux.problem, MMLU | {"correct_answer": "either 0 or 1"}, "no single answer"),
        (mmlu_redux.problem, MMLU | {"error_type": "wrong groundtruth", "correct_answer": "6"}, "names no choice"),
        (ifeval.problem, IFEVAL | {"kwargs": []}, "parallel"),
        (bfcl.problem, BFCL | {"ground_truth": None}, "join the possible answers"),
        (bfcl.problem, BFCL | {"id": "live_relevance_1", "ground_truth": None}, "relevance row"),
        (bfcl.problem, BFCL | {"question": [[], []]}, "simulators of bfcl-eval"),
        (bfcl.problem, BFCL | {"involved_classes": ["MemoryAPI"]}, "simulators of bfcl-eval"),
        (livecodebench.problem, lcb(private="not base64!"), "not base64 of zlib"),
        (livecodebench.problem, lcb("functional", metadata="{}"), "names no func_name"),
        (evalplus.problem, HUB, "no table of inputs and results"),
        (evalplus.problem, {"task_id": "x"}, "must end in a number"),
    ],
)
def test_a_row_that_nobody_can_judge_is_refused_with_its_reason(adapt: Any, row: Row, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        adapt(row)


def test_harmbench_puts_the_request_behind_its_context_and_refuses_copyright() -> None:
    row = {"Behavior": "Do it", "FunctionalCategory": "standard", "SemanticCategory": "x", "BehaviorID": "do_it"}
    made = harmbench.problem(row)
    assert (made["id"], made["prompt"], made["verifier"]) == ("do_it", "Do it", "judge")
    of_hub = {"prompt": "Do it", "category": "contextual", "context": "A shed."}
    assert harmbench.problem(of_hub)["prompt"] == "A shed.\n\n---\n\nDo it"
    with pytest.raises(ValueError, match="judged by hashes"):
        harmbench.problem({**row, "FunctionalCategory": "copyright"})
    with pytest.raises(ValueError, match="field 'prompt' must be text"):
        harmbench.problem({"question": "?"})
