"""What `map` of a source names: one literal table of adapters, and `package.module:function` beside it.

An adapter takes a raw row and returns ours, a problem's or an example's; it raises ValueError for a row that is not of
its shape.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

from temper.mistakes import nearest
from temper.verifiers.rows import RawRow

Kind = Literal["problems", "examples"]

ADAPTERS: dict[Kind, dict[str, str]] = {
    "examples": {
        "alpaca": "temper.rows.chat:alpaca",
        "gsm8k": "temper.rows.gsm8k:example",
        "open_math_reasoning": "temper.rows.training.open_math_reasoning:example",
        "openai": "temper.rows.chat:openai",
        "sharegpt": "temper.rows.chat:sharegpt",
        "think_tags": "temper.rows.chat:think_tags",
    },
    "problems": {
        "acecode": "temper.rows.training.acecode:problem",
        "aime": "temper.rows.benchmarks.aime:problem",
        "bfcl": "temper.rows.benchmarks.bfcl:problem",
        "dolci": "temper.rows.training.dolci:problem",
        "evalplus": "temper.rows.benchmarks.evalplus:problem",
        "gpqa": "temper.rows.benchmarks.gpqa:problem",
        "gsm8k": "temper.rows.gsm8k:problem",
        "gsm_plus": "temper.rows.benchmarks.gsm_plus:problem",
        "harmbench": "temper.rows.benchmarks.harmbench:problem",
        "humaneval": "temper.rows.benchmarks.humaneval:problem",
        "ifeval": "temper.rows.benchmarks.ifeval:problem",
        "livecodebench": "temper.rows.benchmarks.livecodebench:problem",
        "mmlu_redux": "temper.rows.benchmarks.mmlu_redux:problem",
        "multipl_e": "temper.rows.benchmarks.multipl_e:problem",
        "nemo_actions": "temper.rows.training.nemo_actions:problem",
        "nemo_code": "temper.rows.training.nemo_code:problem",
        "nemo_gym": "temper.rows.training.nemo_gym:problem",
        "nemo_instructions": "temper.rows.training.nemo_instructions:problem",
        "nemo_math": "temper.rows.training.nemo_math:problem",
        "nemo_mcqa": "temper.rows.training.nemo_mcqa:problem",
        "nemo_reasoning": "temper.rows.training.nemo_reasoning:problem",
        "nemo_sessions": "temper.rows.training.nemo_sessions:problem",
        "nemo_structured": "temper.rows.training.nemo_structured:problem",
        "open_instruct": "temper.rows.training.open_instruct:problem",
        "open_math_reasoning": "temper.rows.training.open_math_reasoning:problem",
        "xlam": "temper.rows.training.xlam:problem",
    },
}


def named(name: str | None, kind: Kind) -> str | None:
    """`package.module:function` of what `map` says; None where it says nothing that is known."""
    return name if name is None or ":" in name else ADAPTERS[kind].get(name)


def adapters() -> list[str]:
    """Every adapter of the table, each once."""
    return sorted({adapter for of_kind in ADAPTERS.values() for adapter in of_kind.values()})


def mapping(name: str | None, kind: Kind) -> Callable[[RawRow], RawRow]:
    """What `map` names. Raises ValueError `map: ...` when there is none."""
    if name is None:
        return lambda row: row
    if ":" not in name:
        if name not in ADAPTERS[kind]:
            remedy = f"write package.module:function, or a name: {nearest(name, ADAPTERS[kind])}"
            raise ValueError(f"map: unknown, got {name!r}; {remedy}")
        name = ADAPTERS[kind][name]
    module, _, function = name.partition(":")
    try:
        found = vars(importlib.import_module(module))
    except (ImportError, ValueError) as error:
        remedy = "put the module beside the recipe or install it"
        raise ValueError(f"map: cannot import it ({error}), got {name!r}; {remedy}") from error
    if not callable(found.get(function)):
        functions = [key for key, value in found.items() if callable(value) and not key.startswith("_")]
        raise ValueError(f"map: {module} has no function {function!r}; {nearest(function, functions)}")
    return _returning_rows(found[function], name)


def _returning_rows(function: Callable[[RawRow], Any], name: str) -> Callable[[RawRow], RawRow]:
    def adapt(row: RawRow) -> RawRow:
        made = function(row)
        if inspect.iscoroutine(made):
            made.close()
        if not isinstance(made, Mapping):
            raise ValueError(f"map: {name!r} must return a mapping, got {made!r:.80}; return the row as one")
        return dict(made)

    return adapt
