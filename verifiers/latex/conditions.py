"""Conditions of an answer: which restrict it, and whether two sides have the same ones.

That x is real or k whole is said or left out at will; that n is odd or x > 0 is part of the answer.
"""

from collections.abc import Callable

from temper.verifiers.latex.meanings import Collection, Given, Meaning, Member, Named, Quantity, Words

_RESTRICTING = {"odd", "even", "prime", "multiple", "nonzero", "below0"}
_SAYS_NOTHING = {"", "all", "respectively", "any", "applicable", "needed", "defined", "possible"}
_WHOLE = {"integer", "natural"}


def restricting(meaning: Meaning) -> list[Meaning]:
    """The conditions that must stand on both sides."""
    if not isinstance(meaning, Given):
        return []
    found: list[Meaning] = []
    for condition in meaning.conditions:
        if isinstance(condition, Collection) and condition.kind == "list" and condition.joined != "or":
            found += restricting(Given(meaning.item, condition.items))
        elif not _says_nothing(condition, meaning.item):
            found.append(condition)
    return found


def same_conditions(key: list[Meaning], given: list[Meaning], same: Callable[[Meaning, Meaning], bool]) -> bool:
    left = list(given)
    for condition in key:
        match = next((i for i, other in enumerate(left) if same(condition, other)), None)
        if match is None:
            return False
        del left[match]
    return not left


def contradict(key: Meaning, given: Meaning) -> bool:
    """One side says whole numbers and the other real ones of the same name."""
    ours, theirs = _domains(key), _domains(given)
    return any(name in theirs and theirs[name] != whole for name, whole in ours.items())


def _domains(meaning: Meaning) -> dict[str, bool]:
    """By name, whether it is said to be whole; names of which neither is said are absent."""
    if not isinstance(meaning, Given):
        return {}
    return {
        name: bool(part.numbers.kinds & _WHOLE)
        for part in meaning.conditions
        if isinstance(part, Member) and part.numbers.kinds & (_WHOLE | {"real", "rational", "complex"})
        for name in part.names.split()
    }


def _says_nothing(condition: Meaning, item: Meaning) -> bool:
    match condition:
        case Member():
            kinds = condition.numbers.kinds
            return not kinds & _RESTRICTING or ("nonzero" in kinds and bool(kinds & {"natural"}))
        case Words():
            return condition.text in _SAYS_NOTHING
        case Quantity():
            return condition.node.kind == "name"
        case Collection(kind="[)" | "()" as kind, items=(Quantity() as low, Quantity() as high)):
            return isinstance(item, Named) and "_" in item.label and _is_first_index(low, high, kind == "[)")
    return False


def _is_first_index(low: Quantity, high: Quantity, closed: bool) -> bool:
    """`n >= 1` behind the formula of a sequence."""
    return high.node.kind == "inf" and low.node.kind == "num" and low.node.text in (("0", "1") if closed else ("0",))
