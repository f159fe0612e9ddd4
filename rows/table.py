"""What `map` of a source names: one literal table of adapters, and `package.module:function` beside it.

An adapter takes a raw row and returns ours, a problem's or an example's; it raises ValueError for a row that is not of
its shape.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

from temper.mistakes import nearest
from temper.verifiers.rows import RawRow

Kind = Literal["problems", "examples"]

ADAPTERS: dict[Kind, dict[str, str]] = {
    "examples": {
        "alpaca": "temper.rows.chat:alpaca",
        "gsm8k": "temper.rows.gsm8k:example",
        "openai": "temper.rows.chat:openai",
        "sharegpt": "temper.rows.chat:sharegpt",
        "think_tags": "temper.rows.chat:think_tags",
    },
    "problems": {
        "bfcl": "temper.rows.bfcl:problem",
        "gsm8k": "temper.rows.gsm8k:problem",
        "humaneval": "temper.rows.humaneval:problem",
        "math_with_code": "temper.rows.nemo_gym:math_with_code",
        "next_action": "temper.rows.nemo_gym:next_action",
        "ns_tools": "temper.rows.nemo_gym:ns_tools",
        "workplace_assistant": "temper.rows.nemo_gym:workplace",
        "xlam": "temper.rows.xlam:problem",
        "xlam_fc": "temper.rows.nemo_gym:xlam_fc",
    },
}


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
        if not isinstance(made, Mapping):
            raise ValueError(f"map: {name!r} must return a mapping, got {made!r:.80}")
        return dict(made)

    return adapt
