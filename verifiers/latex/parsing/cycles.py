"""Permutations as products of disjoint cycles: `(1 3 2)`, `(12)(34)`."""

import re

MAX_TEXT = 120
_BLANK = re.compile(r"\\[ ,;:!]|~|\\quad")
_CYCLE = re.compile(r"\(([0-9 ]{1,40})\)")


def cycles_of(text: str) -> str | None:
    """The same text for the same permutation: each cycle from its least element, in order, without fixed points. None
    for what is no product of disjoint cycles, and for a number in brackets (`(12)`)."""
    if len(text) > MAX_TEXT or "(" not in text or "," in text.replace("\\,", ""):
        return None
    text = " ".join(_BLANK.sub(" ", text.strip("$ .")).split())
    inside = _CYCLE.findall(text)
    if not inside or _CYCLE.sub("", text).strip():
        return None
    cycles = [part.split() if " " in part.strip() else [*part.strip()] for part in inside]
    moved = [element for cycle in cycles for element in cycle]
    if len({*moved}) < len(moved) or (len(inside) == 1 and " " not in inside[0].strip() and len(moved) < 3):
        return None
    turned = sorted(_from_least([int(element) for element in cycle]) for cycle in cycles if len(cycle) > 1)
    return "cycles " + " ".join("_".join(map(str, cycle)) for cycle in turned)


def _from_least(cycle: list[int]) -> list[int]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
