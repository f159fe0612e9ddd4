"""HumanEval rows (openai/human-eval) as problems of kind `unit`, and of kind `call` where their tests are a table.

Some tests call helpers that the prompt defines (`poly`, `encode_cyclic`). Taken from the completion, a
helper that returns 0 would pass, so where the prompt defines more than the entry point its helpers and
imports are the prelude.
Fields: `task_id`, `prompt`, `canonical_solution`, `test`, `entry_point`. Scoring rule: every assert of `check` holds.
Licence: MIT; training is allowed, and spoils EvalPlus as well.
"""

import ast
import warnings
from collections.abc import Mapping
from typing import Any

from temper.rows.licences import Licence
from temper.verifiers.code import written
from temper.verifiers.rows import RawRow

LICENCE = Licence("MIT")
HUB = ("openai/openai_humaneval",)
_ASK = "Complete this Python function. Answer with the whole function and its imports in one code block.\n\n"


def problem(row: RawRow) -> RawRow:
    _check(row)
    tests = {"kind": "unit", "code": f"{row['test']}\n\ncheck({row['entry_point']})\n"}
    helpers = prelude(row["prompt"] + row["canonical_solution"], row["entry_point"])
    if helpers:
        tests["prelude"] = helpers
    return _problem(row, tests)


def call_problem(row: RawRow) -> RawRow | None:
    """The row with its asserts as cases of `call`; None where one of them is more than literal arguments against a
    literal result, or their difference below a bound. The tolerance is never looser than the tightest bound."""
    _check(row)
    bodies = [
        node.body
        for node in _parse(row["test"]).body
        if isinstance(node, ast.FunctionDef)
        and node.name == "check"
        and [arg.arg for arg in node.args.args] == ["candidate"]
    ]
    if len(bodies) != 1:
        return None
    cases: list[dict[str, Any]] = []
    bounds: list[float] = []
    try:
        for statement in bodies[0]:
            if not _says_nothing(statement):
                case, bound = _case(statement)
                cases.append(case)
                bounds += [bound] if bound else []
    except ValueError:
        return None
    # `call` multiplies by max(1, |expected|): a bound of 1e-6 and a largest result of 50 make 2e-8
    largest = max((abs(case["expected"]) for case in cases if type(case["expected"]) in (int, float)), default=0)
    tests = {"kind": "call", "entry_point": row["entry_point"], "cases": cases}
    return _problem(row, tests | {"tolerance": min(bounds, default=0.0) / max(1, largest)}) if cases else None


def _says_nothing(statement: ast.stmt) -> bool:
    """A text, `pass`, or an assert of a constant that holds."""
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant(value=value)) | ast.Assert(test=ast.Constant(value=value)):
            return bool(value)
    return False


def _case(statement: ast.stmt) -> tuple[dict[str, Any], float | None]:
    """`assert candidate(...) == expected`, or `assert abs(candidate(...) - expected) < bound`, as a case and the bound.
    Raises ValueError for all else."""
    match statement:
        case ast.Assert(test=ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[expected])):
            return _called(call, expected), None
        case ast.Assert(
            test=ast.Compare(
                left=ast.Call(
                    func=ast.Name(id="abs"), args=[ast.BinOp(left=ast.Call() as call, op=ast.Sub(), right=expected)]
                ),
                ops=[ast.Lt() | ast.LtE()],
                comparators=[bound],
            )
        ):
            return _called(call, expected), float(ast.literal_eval(bound))
    raise ValueError(f"humaneval: no table row: {ast.unparse(statement)[:80]!r}")


def _called(call: ast.Call, expected: ast.expr) -> dict[str, Any]:
    if not (isinstance(call.func, ast.Name) and call.func.id == "candidate") or call.keywords:
        raise ValueError("humaneval: not a plain call of candidate")
    args = [written(ast.literal_eval(arg)) for arg in call.args]
    return {"args": args, "expected": written(ast.literal_eval(expected))}


def _check(row: RawRow) -> None:
    for field in ("task_id", "prompt", "canonical_solution", "test", "entry_point"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            raise ValueError(f"humaneval: field {field!r} must be text, got {row.get(field)!r:.80}; is this HumanEval?")


def _problem(row: RawRow, tests: Mapping[str, Any]) -> RawRow:
    return {
        "id": row["task_id"],
        "prompt": f"{_ASK}```python\n{row['prompt'].strip()}\n```",
        "verifier": "code",
        "params": {"tests": tests, "solution": row["prompt"] + row["canonical_solution"]},
    }


def prelude(source: str, entry_point: str) -> str:
    """What the source defines beside the entry point, with its imports; empty where that is nothing."""
    tree = _parse(source)
    imports = (ast.Import, ast.ImportFrom)
    others = [
        node
        for node in tree.body
        if not (isinstance(node, ast.FunctionDef) and node.name == entry_point)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    if all(isinstance(node, imports) for node in others):
        return ""
    return "\n\n".join(ast.get_source_segment(source, node) or "" for node in others) + "\n"


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)
