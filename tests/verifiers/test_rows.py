"""Rows: every error names file, line, field and remedy, before anything runs."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from temper.rows import gsm8k
from temper.rows.benchmarks import humaneval
from temper.verifiers.math import Math
from temper.verifiers.rows import parse_problem, read_json_lines
from temper.verifiers.table import VERIFIERS

GOOD: dict[str, Any] = {"id": "a", "prompt": "1 + 1?", "verifier": "math", "answer": "2"}
CALL = {"kind": "call", "entry_point": "f", "cases": [{"args": [1], "expected": 2}]}
STDIO = {"kind": "stdio", "cases": [{"input": "", "output": "1"}]}


def code(tests: object, **params: object) -> dict[str, Any]:
    return {"id": "a", "prompt": "p", "verifier": "code", "params": {"tests": tests, **params}}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, f"field 'verifier': a row without a verifier; name one of {', '.join(sorted(VERIFIERS))}"),
        ({**GOOD, "verifier": ""}, "a row without a verifier"),
        ({**GOOD, "verifier": None}, "a row without a verifier"),
        ({**GOOD, "verifier": "maths"}, "field 'verifier': unknown verifier 'maths'; did you mean 'math'?"),
        ({**GOOD, "verifier": 5}, "field 'verifier"),
        ({"prompt": "p", "verifier": "math"}, "field 'id' is missing; add it"),
        ({**GOOD, "id": ""}, "field 'id'"),
        ({**GOOD, "id": 5}, "field 'id'"),
        ({"id": "a", "verifier": "math"}, "field 'prompt' is missing; add it"),
        ({**GOOD, "prompt": ""}, "field 'prompt' is empty"),
        ({**GOOD, "prompt": []}, "field 'prompt' is empty"),
        ({**GOOD, "prompt": [{"content": "no role"}]}, "field 'prompt"),
        ({**GOOD, "promt": "p"}, "unknown field 'promt'; did you mean 'prompt'?"),
        (
            {**GOOD, "params": {"ordr": 1}},
            "field 'params': math has no parameter 'ordr'; did you mean 'order'?",
        ),
        ({**GOOD, "params": []}, "field 'params'"),
        (code(None), "field 'params.tests'"),
        ({**code(STDIO), "params": {}}, "field 'params.tests' is missing; add it"),
        (code({}), "field 'params.tests.kind' is missing; add kind: call or program or stdio or unit"),
        (
            code({"kind": "stdin"}),
            "field 'params.tests.kind': unknown kind, got 'stdin'; use call or program or stdio or unit",
        ),
        (code({"kind": "stdio", "cases": []}), "field 'params.tests.cases'"),
        (code({"kind": "stdio", "cases": [{"input": ""}]}), "field 'params.tests.cases.0.output' is missing"),
        (
            code({"kind": "stdio", "cases": [{"input": "", "output": 1}]}),
            "field 'params.tests.cases.0.output'",
        ),
        (code({**STDIO, "checker": "words"}), "field 'params.tests.checker"),
        (code({**STDIO, "checker": {"floats": {"abs": -1}}}), "field 'params.tests.checker"),
        (
            code(CALL, time_limit_s=0),
            "field 'params.time_limit_s': must be greater than 0, got 0; change it (CPU seconds of one test)",
        ),
        (code(CALL, memory_mb=0), "field 'params.memory_mb'"),
        (code(CALL, language="brainf"), "field 'params.language'"),
        (code(CALL, score="most"), "field 'params.score'"),
        (code(CALL, time_limit=1), "code has no parameter 'time_limit'; did you mean 'time_limit_s'?"),
        (code({**CALL, "entry_point": "f()"}), "field 'params.tests.entry_point'"),
        (code({**CALL, "cases": [{"args": 1, "expected": 2}]}), "field 'params.tests.cases.0.args'"),
        (code({**CALL, "cases": [{"args": []}]}), "field 'params.tests.cases.0.expected' is missing"),
        (
            code({**CALL, "cases": [{"args": [{"$bytes": "?"}], "expected": 1}]}),
            "field 'params.tests.cases.0.args'",
        ),
        (
            code({**CALL, "cases": [{"args": [], "expected": {"$x": 1}}]}),
            "field 'params.tests.cases.0.expected'",
        ),
        (code({**CALL, "tolerance": -1}), "field 'params.tests.tolerance'"),
        (code({"kind": "unit", "code": ""}), "field 'params.tests.code'"),
        (
            code({"kind": "unit", "code": "assert '\ud800'"}),
            "field 'params.tests.code': must be a valid string",
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_field(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_problem(row, "rows.jsonl:7")
    assert str(caught.value).startswith("rows.jsonl:7: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_values_keep_their_types(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": "007", "b": "null", "c": 1.0, "d": true}\n\n{"a": 7}\n')
    assert list(read_json_lines(path)) == [
        (f"{path}:1", {"a": "007", "b": "null", "c": 1.0, "d": True}),
        (f"{path}:3", {"a": 7}),
    ]


def test_a_compressed_file_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode() + b"\n"))
    assert list(read_json_lines(path)) == [(f"{path}:1", GOOD)]
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 100)[:40])
    with pytest.raises(ValueError, match="cannot be read"):
        list(read_json_lines(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "rows.jsonl:1: not JSON"),
        ("[1]", "rows.jsonl:1: expected an object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1, "a": 2}', "key 'a' stands twice"),
        ('{"a": "' + "9" * 10 + '"}\n' + "[" * 100_000, "rows.jsonl:2: not JSON (nested too deep)"),
        ("\udcff", "not UTF-8 at byte 0"),
    ],
)
def test_what_is_not_json_lines_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError) as caught:
        list(read_json_lines(path))
    assert message in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        list(read_json_lines(tmp_path / "none.jsonl"))


def test_a_gsm8k_row_becomes_a_problem_and_an_example() -> None:
    row = {
        "question": "48 and half of it?",
        "answer": "Half is 48/2 = <<48/2=24>>24.\nTotal <<48+24=72>>72.\n#### 1,072",
    }
    problem = parse_problem(gsm8k.problem(row), "f:1")
    example = gsm8k.example(row)
    assert problem.answer == "1,072"
    assert example["messages"][1] == {
        "role": "assistant",
        "content": "The answer is 1,072.",
        "reasoning": "Half is 48/2 = 24.\nTotal 72.",
    }
    for completion in (row["answer"], example["messages"][1]["content"], "\\boxed{1072}"):
        assert Math().verify(problem, completion).score == 1.0
    with pytest.raises(ValueError, match="no '#### final'"):
        gsm8k.problem({"question": "q", "answer": "72"})


def test_a_humaneval_row_carries_helpers_in_its_prelude() -> None:
    head = "import math\n\ndef helper(x):\n    return x + 1\n\ndef f(x):\n    '''doc'''\n"
    row = {
        "task_id": "t/0",
        "prompt": head,
        "canonical_solution": "    return helper(x)\n",
        "test": "def check(f):\n    assert f(1) == helper(1)\n",
        "entry_point": "f",
    }
    problem = parse_problem(humaneval.problem(row), "f:1")
    assert problem.params["tests"]["prelude"] == "import math\n\ndef helper(x):\n    return x + 1\n"
    assert problem.params["tests"]["code"].endswith("check(f)\n")
    assert problem.params["solution"].endswith("return helper(x)\n")
    alone = {
        **row,
        "prompt": "import math\ndef f(x):\n    '''doc'''\n",
        "canonical_solution": "    return 1\n",
    }
    assert "prelude" not in humaneval.problem(alone)["params"]["tests"]


def test_a_row_takes_the_params_of_its_recipe_under_its_own() -> None:
    defaults = {"math": {"rounding": "exact", "order": "strict"}}
    row = {"id": "a", "prompt": "p", "verifier": "math", "answer": "1", "params": {"order": "free"}}
    assert parse_problem(row, "f:1", defaults).params == {"rounding": "exact", "order": "free"}
    parts = [{"verifier": "math", "weight": 0.5}, {"gate": {"verifier": "math"}, "then": {"verifier": "choice"}}]
    nested = {"verifier": {"sum": [parts[0], {"verifier": parts[1], "weight": 0.5}]}}
    problem = parse_problem({"id": "a", "prompt": "p", "answer": "B", **nested}, "f:1", defaults)
    assert isinstance(problem.verifier, dict)
    plain, gated = problem.verifier["sum"]
    assert plain == {"verifier": "math", "weight": 0.5, "params": defaults["math"]}
    assert gated["verifier"]["gate"] == {"verifier": "math", "params": defaults["math"]}
    assert gated["verifier"]["then"] == {"verifier": "choice"}


@pytest.mark.parametrize(
    "row",
    [
        {"verifier": "judge", "params": {"rubric": "good", "endpoint": "http://evil/v1"}},
        {"verifier": {"sum": [{"verifier": "judge", "weight": 1, "params": {"api_key_env": "HF_TOKEN"}}]}},
        {
            "verifier": {
                "gate": {"verifier": "math"},
                "then": {"verifier": {"gate": {"verifier": "judge", "params": {"model": "m"}}}},
            }
        },
    ],
)
def test_a_row_of_a_recipes_data_may_not_say_where_a_key_goes(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"f:1: field 'params.(endpoint|api_key_env|model)': only a recipe may set it"):
        parse_problem({"id": "a", "prompt": "p", "answer": "1", **row}, "f:1", {})
    own = {"rubric": "good"}
    recipe = {"judge": {"endpoint": "http://mine/v1", "model": "m"}}
    problem = parse_problem({"id": "a", "prompt": "p", "verifier": "judge", "params": own}, "f:1", recipe)
    assert problem.params == {**recipe["judge"], **own}


HUMANEVAL = {
    "task_id": "HumanEval/1",
    "prompt": "def half(x):\n",
    "canonical_solution": "    return x / 2\n",
    "entry_point": "half",
}


def test_a_humaneval_row_is_a_table_of_calls_where_its_asserts_are() -> None:
    test = (
        "METADATA = {}\n\ndef check(candidate):\n    assert candidate(-4) == -2, 'a message'\n    assert True\n"
        "    assert abs(candidate(5) - 2.5) < 1e-6\n    assert candidate((1, {2})) == [None]\n"
    )
    made = humaneval.call_problem(HUMANEVAL | {"test": test})
    assert made is not None
    parse_problem(made, "f:1")
    assert made["params"]["tests"] == {
        "kind": "call",
        "entry_point": "half",
        "cases": [
            {"args": [-4], "expected": -2},
            {"args": [5], "expected": 2.5},
            {"args": [{"$tuple": [1, {"$set": [2]}]}], "expected": [None]},
        ],
        "tolerance": 1e-6 / 2.5,
    }


@pytest.mark.parametrize(
    "line",
    [
        "assert candidate(1) != 2",
        "assert candidate(x) == 2",
        "assert candidate(1) == 1 + 1",
        "assert sorted(candidate(1)) == [2]",
        "assert other(1) == 2",
        "assert candidate(x=1) == 2",
        "assert 1 < candidate(1) < 2",
        "assert abs(candidate(1) + 2) < 1",
        "for x in range(3): assert candidate(x) == x",
        "assert False",
        "pass",
    ],
)
def test_what_is_no_table_stays_with_unit(line: str) -> None:
    assert humaneval.call_problem(HUMANEVAL | {"test": f"def check(candidate):\n    {line}\n"}) is None
