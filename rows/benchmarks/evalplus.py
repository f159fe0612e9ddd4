"""EvalPlus: HumanEval+ (evalplus/humanevalplus, 164) and MBPP+ (evalplus/mbppplus, 378) for `code` (arXiv 2305.01210).

Two formats. The releases on GitHub (HumanEvalPlus, its mini, MbppPlus): `task_id`, `prompt`, `entry_point`,
`canonical_solution`, `base_input`, `plus_input`, `atol`; what is expected is what the canonical solution returns,
which runs beside the tests, never beside the completion. The Hub's: `task_id`, `prompt`, `test` with `inputs` and
`results` as literals (HumanEval+ also `entry_point`, `canonical_solution`; MBPP+ `code`). Either becomes a `unit` test
of our own that makes every call and compares as evalplus/eval/__init__.py and _special_oracle.py do: equal by Python's
own rule, or numbers within `atol` (1e-6 where floats are expected) and 1e-7 of their size; for `find_zero` the
polynomial's value at what is returned; sets for eight tasks of MBPP+, any value but None for three. MBPP+'s inputs are
lists in JSON and become the tuples, sets and complex numbers that evalplus/data/mbpp.py makes of them, task by task.

Scoring rule: base and plus tests all pass. The score of EvalPlus in reports is the mean of both sets, a suite's
business.
Differences: the time limit is ours (CPU seconds of the whole test, not 1 s or 4 times the reference's a call), so a
score does not move with the machine's speed. HumanEval/32 of the Hub breaks on its own reference; here it does not.
The second answers that EvalPlus takes for Mbpp/164 (there any), 295, 558 and 581 are not taken.
Licence: Apache-2.0 (HumanEval MIT, MBPP CC-BY-4.0); training is allowed.
"""

import ast
from collections.abc import Callable
from typing import Any

from temper.rows.benchmarks.humaneval import prelude
from temper.rows.fields import listed, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("Apache-2.0", note="HumanEval is MIT, MBPP CC-BY-4.0")
HUB = ("evalplus/humanevalplus", "evalplus/mbppplus")
TIME_LIMIT_S, MEMORY_MB = 60.0, 2048
"""Of all calls of a task: the slowest reference takes 9 s."""
ASK = "Write a self-contained Python script that solves this problem. Answer with it in one ```python block.\n\n"
ANY_ORDER = {
    "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum",
    "intersection_array", "find_dissimilar", "Diff",
}  # fmt: skip
"""Functions of MBPP+ whose result is compared as a set."""
NOT_NONE = {"check_str", "text_match_three", "text_starta_endb"}
"""Functions of MBPP+ that look for a match: what counts is whether there is one."""
_COMPARE = """
import copy, math


def _is_float(x):
    return isinstance(x, float) or isinstance(x, (list, tuple)) and all(isinstance(i, float) for i in x)


def _close(out, exp, atol):
    if isinstance(exp, (list, tuple)):
        pairs = zip(out, exp) if isinstance(out, (list, tuple)) and len(out) == len(exp) else None
        return pairs is not None and all(_close(a, b, atol) for a, b in pairs)
    if not all(isinstance(x, (int, float, complex)) for x in (out, exp)):
        return out == exp
    if out == exp or (out != out and exp != exp):
        return True
    return abs(out - exp) <= atol + 1e-7 * abs(exp)


def _matched(value):
    return value if isinstance(value, bool) else value is not None


def _right(out, exp, inp, atol, how):
    if how == "zero":
        return abs(sum(c * math.pow(out, i) for i, c in enumerate(inp[0]))) <= max(atol, 1e-4)
    if how == "set":
        return set(out) == set(exp)
    if how == "not None":
        return _matched(out) == _matched(exp)
    if out == exp:
        return True
    if atol == 0 and _is_float(exp):
        atol = 1e-6
    return atol != 0 and _close(out, exp, atol)


def _computed(expression):
    import ast, operator
    ops = {
        ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow, ast.Mod: operator.mod,
    }

    def value(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        return ops[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(expression, mode="eval").body)


def test_every_call():
    for place, given in enumerate(INPUTS):
        expected = expected_of(place, given)
        found = CALLED(*copy.deepcopy(given))
        assert _right(found, expected, given, ATOL, HOW), f"call {place + 1}"
"""
_BY_REFERENCE = """
def expected_of(place, given):
    return REFERENCE(*copy.deepcopy(given))
"""
_TOLD = """
def expected_of(place, given):
    return RESULTS[place]
"""


def problem(row: RawRow) -> RawRow:
    task = str(row.get("task_id"))
    number = task.rpartition("/")[2]
    if not number.isdigit():
        raise ValueError(
            f"evalplus: field 'task_id' must end in a number, got {task!r:.60}; is this a row of EvalPlus?"
        )
    mbpp = not task.startswith("HumanEval")
    told, results = _results(text(row, "test", "evalplus")) if "test" in row else (None, None)
    solution = text(row, "code", "evalplus") if "code" in row else _solution(row, mbpp)
    entry = row.get("entry_point") or _last_function(solution)
    helpers = "" if mbpp else prelude(solution, entry)
    inputs = told or repr(_inputs(row, int(number) if mbpp else None))
    tests = {"kind": "unit", "code": _tests(row, entry, solution, inputs, results)}
    return {
        "id": f"evalplus-{'Mbpp' if mbpp else 'HumanEval'}/{number}",
        "prompt": ASK + _asked(row, entry, mbpp),
        "verifier": "code",
        "params": {
            "tests": tests | ({"prelude": helpers} if helpers else {}),
            "solution": solution,
            "time_limit_s": TIME_LIMIT_S,
            "memory_mb": MEMORY_MB,
        },
    }


def _solution(row: RawRow, mbpp: bool) -> str:
    canonical = text(row, "canonical_solution", "evalplus")
    return canonical if mbpp else text(row, "prompt", "evalplus") + canonical


def _asked(row: RawRow, entry: str, mbpp: bool) -> str:
    """MBPP+ says the function's name only in an assert, so one is shown, as its own prompts do."""
    asked = text(row, "prompt", "evalplus").strip()
    if not mbpp:
        return f"```python\n{asked}\n```"
    shown = str(row.get("assertion") or "\n".join(row.get("test_list") or ())).strip().split("\n")[0]
    said = asked.strip("'\"").strip()
    return f"{said}\nThe function is called `{entry}`" + (f"; for example `{shown}`." if shown else ".")


def _tests(row: RawRow, entry: str, solution: str, inputs: str, results: str | None) -> str:
    how = "zero" if entry == "find_zero" else "set" if entry in ANY_ORDER else "equal"
    how = "not None" if entry in NOT_NONE else how
    lines = [
        "from math import inf, nan",
        f"INPUTS = {inputs}",
        f"CALLED = {entry}",
        f"ATOL, HOW = {float(row.get('atol') or 0)!r}, {how!r}",
        _reference(solution, entry) + _BY_REFERENCE if results is None else f"RESULTS = {results}\n{_TOLD}",
    ]
    return "\n".join([*lines, _COMPARE])


def _reference(solution: str, entry: str) -> str:
    """The solution inside a function of its own, so that its names and the completion's stay apart. `eval` of a
    reference (HumanEval/160's, of an expression of numbers) becomes one of ours, for tests may not have it."""
    inside = ast.parse("def _made():\n    pass\n\n\nREFERENCE = _made()\n")
    function = inside.body[0]
    assert isinstance(function, ast.FunctionDef)
    for node in ast.walk(own := ast.parse(solution)):
        if isinstance(node, ast.Name) and node.id == "eval":
            node.id = "_computed"
    function.body = [*own.body, ast.Return(ast.Name(entry, ast.Load()))]
    return ast.unparse(ast.fix_missing_locations(inside)) + "\n"


def _results(test: str) -> tuple[str, str | None]:
    """The Python texts of `inputs` and `results` in the Hub's test; None for results that its own `ref_func` gives.
    Raises ValueError where they are not literals."""
    found: dict[str, str] = {}
    try:
        for node in ast.walk(ast.parse(test)):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = ast.get_source_segment(test, node.value) or ""
        inputs, results = found["inputs"], None if "ref_func(" in test else found["results"]
        lengths = {_length(told) for told in (inputs, results) if told is not None}
        if len(lengths) != 1:
            raise ValueError("not as many results as inputs")
    except (KeyError, ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        why = f"{error!r:.80}"
        raise ValueError(f"evalplus: field 'test': no table of inputs and results ({why}); take the release") from None
    return inputs, results


def _length(told: str) -> int:
    """Items of a list of literals, `inf` and `nan` among them. Raises ValueError for one that is more."""
    tree = ast.parse(told, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in ("inf", "nan"):
            raise ValueError(f"{node.id} is no literal")
        if isinstance(node, ast.Call | ast.Attribute | ast.Lambda | ast.comprehension):
            raise ValueError(f"{ast.unparse(node)[:40]} is no literal")
    if not isinstance(tree.body, ast.List):
        raise ValueError("no list")
    return len(tree.body.elts)


def _last_function(solution: str) -> str:
    names = [node.name for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef)]
    if not names:
        raise ValueError("evalplus: field 'code' defines no function; mend the row")
    return names[-1]


Convert = Callable[[list[Any]], Any]


def _inputs(row: RawRow, mbpp: int | None) -> list[Any]:
    given = listed(row, "base_input", "evalplus") + (row.get("plus_input") or [])
    return [_of_mbpp(mbpp, one) for one in given] if mbpp is not None else given


def _of_mbpp(task: int, given: list[Any]) -> Any:
    """The arguments of a task of MBPP+ as Python has them; JSON has lists alone."""
    return next((convert(given) for tasks, convert in _CONVERSIONS if task in tasks), given)


def _all_tuples(value: Any) -> Any:
    return tuple(map(_all_tuples, value)) if isinstance(value, list) else value


_CONVERSIONS: list[tuple[set[int], Convert]] = [
    (
        {
            2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809,
        },
        lambda given: [tuple(one) for one in given],
    ),
    (
        {63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780},
        lambda given: [[tuple(item) for item in one] for one in given],
    ),
    ({75, 413, 444, 753}, lambda given: [[tuple(item) for item in given[0]], given[1]]),
    ({106, 750}, lambda given: [given[0], tuple(given[1])]),
    ({115}, lambda given: [[set(item) if isinstance(item, list) and item else {} for item in given[0]]]),
    ({124}, lambda given: (float(given[0]), complex(given[1]))),
    ({250, 405, 446, 617, 720, 763, 808}, lambda given: [tuple(given[0]), given[1]]),
    ({259, 401, 445}, lambda given: [tuple(tuple(item) for item in one) for one in given]),
    ({278}, lambda given: [tuple(tuple(item) if isinstance(item, list) else item for item in given[0])]),
    ({307}, lambda given: [tuple(given[0]), given[1], given[2]]),
    ({722}, lambda given: [{key: tuple(value) for key, value in given[0].items()}, *given[1:]]),
    ({252}, lambda given: [complex(given[0])]),
    ({580, 615, 791}, lambda given: [_all_tuples(one) for one in given]),
]  # fmt: skip
