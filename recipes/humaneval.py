"""HumanEval rows (openai/human-eval) as problems of kind `unit`.

Some tests call helpers that the prompt defines (`poly`, `encode_cyclic`). Taken from the completion, a
helper that returns 0 would pass, so where the prompt defines more than the entry point its helpers and
imports are the prelude.
"""

import ast
import warnings
from collections.abc import Mapping
from typing import Any

_ASK = "Complete this Python function. Answer with the whole function and its imports in one code block.\n\n"


def problem(row: Mapping[str, Any]) -> dict[str, Any]:
    for field in ("task_id", "prompt", "canonical_solution", "test", "entry_point"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            raise ValueError(f"humaneval: field {field!r} must be text, got {row.get(field)!r:.80}; is this HumanEval?")
    tests = {"kind": "unit", "code": f"{row['test']}\n\ncheck({row['entry_point']})\n"}
    helpers = prelude(row["prompt"] + row["canonical_solution"], row["entry_point"])
    if helpers:
        tests["prelude"] = helpers
    return {
        "id": row["task_id"],
        "prompt": f"{_ASK}```python\n{row['prompt'].strip()}\n```",
        "verifier": "code",
        "params": {"tests": tests, "solution": row["prompt"] + row["canonical_solution"]},
    }


def prelude(source: str, entry_point: str) -> str:
    """What the source defines beside the entry point, with its imports; empty where that is nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
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
