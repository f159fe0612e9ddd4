"""Whose rows may be trained on: what an adapter says of its data, and the refusal of a source that forbids it.

A module of adapters states `LICENCE`, and in `HUB` the sets of the Hub that it reads. A source is known by its `map`
(one of your own as well, where its module states a `LICENCE`) or by its name on the Hub. A local file without `map`
says nothing of where it comes from: it is not judged.
"""

import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """Terms of a set, as its card or repository states them."""

    name: str
    """Identifier, SPDX where there is one."""
    forbids_training: str = ""
    """The clause that forbids training on it, in short; empty where none does."""
    note: str = ""
    """What a user has to know besides: terms that bind who publishes, attribution."""


def licence_of(adapter: str) -> Licence | None:
    """What the module of `package.module:function` says of its data; None where it says nothing or is not there."""
    try:
        module = importlib.import_module(adapter.partition(":")[0])
    except ImportError:
        return None
    found = vars(module).get("LICENCE")
    return found if isinstance(found, Licence) else None


def hub_sets(adapters: list[str]) -> dict[str, str]:
    """Name of a set on the Hub, without case, to the adapter that reads it."""
    found: dict[str, str] = {}
    for adapter in adapters:
        module = importlib.import_module(adapter.partition(":")[0])
        found |= {name.lower(): adapter for name in vars(module).get("HUB", ())}
    return found
