"""Conditions of an answer: which restrict it, and whether two sides have the same ones.

That x is real or k whole is said or left out at will; that n is odd or x > 0 is part of the answer.
"""

from collections.abc import Callable

from temper.verifiers.latex.families import turning
from temper.verifiers.latex.meanings import (
    Collection,
    Congruence,
    Given,
    Meaning,
    Member,
    Named,
    Numbers,
    Quantity,
    Words,
)
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import names_of

_RESTRICTING = {"odd", "even", "prime", "multiple", "nonzero", "below0"}
_SIGNED = {"positive", "nonnegative"}
_SAYS_NOTHING = {"", "all", "respectively", "any", "applicable", "needed", "defined", "possible"}
_WHOLE = {"integer", "natural"}
_FROM_0 = {"natural", "positive", "nonnegative", "with0"}


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


def counted_from(meaning: Meaning, other: Meaning) -> Meaning:
    """`k >= 1` of a letter that is said to be whole as the other side says it: of a class that begins with 1 or 0."""
    if not isinstance(meaning, Given) or not isinstance(other, Given):
        return meaning
    if not any(isinstance(part, Member) and _first(part.numbers.kinds) is not None for part in other.conditions):
        return meaning
    conditions: list[Meaning] = []
    for part in meaning.conditions:
        several = isinstance(part, Collection) and part.kind == "list" and part.joined != "or"
        conditions += part.items if isinstance(part, Collection) and several else [part]
    for bound in [part for part in conditions if _start(part) is not None]:
        assert isinstance(bound, Collection)
        members = [part for part in conditions if isinstance(part, Member) and part.names == bound.about]
        if len(members) != 1 or not members[0].numbers.kinds <= {"integer", "natural", "number"}:
            continue
        begins = Numbers(frozenset({"integer", "positive" if _start(bound) else "nonnegative"}))
        conditions = [part for part in conditions if part is not bound and part is not members[0]]
        conditions.append(Member(bound.about, begins))
    return Given(meaning.item, tuple(conditions))


def without_starts(own: list[Meaning], other: Meaning) -> list[Meaning]:
    """Without each `k >= 1` where the other side lets k begin there in other words."""
    if not isinstance(other, Given) or not own:
        return own
    said = {part.names: _first(part.numbers.kinds) for part in other.conditions if isinstance(part, Member)}
    return [
        part
        for part in own
        if not (isinstance(part, Collection) and (start := _start(part)) is not None and said.get(part.about) == start)
    ]


def counter(meaning: Meaning) -> tuple[str, int, Node] | None:
    """The letter of a formula that begins with 0 or 1, where it begins, and the formula; None for anything else."""
    if not isinstance(meaning, Given):
        return None
    item = meaning.item.item if isinstance(meaning.item, Named) else meaning.item
    members = [part for part in meaning.conditions if isinstance(part, Member)]
    if not isinstance(item, Quantity) or len(members) != 1 or members[0].names not in names_of(item.node):
        return None
    first = _first(members[0].numbers.kinds)
    return None if first is None else (members[0].names, first, item.node)


def _start(condition: Meaning) -> int | None:
    """The 1 of `k >= 1` and `k > 0`, the 0 of `k >= 0`."""
    match condition:
        case Collection(kind="[)" | "()" as kind, items=(Quantity() as low, Quantity() as high)) if condition.about:
            if high.node.kind == "inf" and low.node.kind == "num" and low.node.text in ("0", "1")[: 1 + (kind == "[)")]:
                return int(low.node.text) + (kind == "()")
    return None


def _first(kinds: frozenset[str]) -> int | None:
    """Where a class of whole numbers begins; None for the natural ones, of which it is not agreed."""
    if not kinds & _WHOLE or kinds & _RESTRICTING:
        return None
    return 1 if "positive" in kinds else 0 if kinds & {"nonnegative", "with0"} else None


def said_of_one(meaning: Meaning) -> list[Meaning]:
    """The statements of `p is prime, p = 1 (mod 4)` and `n odd, n >= 3`, all about one name and in any
    order; empty for anything else."""
    parts: tuple[Meaning, ...] = ()
    if isinstance(meaning, Given):
        parts = (meaning.item, *meaning.conditions)
    elif isinstance(meaning, Collection) and meaning.kind == "list" and meaning.joined != "or":
        parts = meaning.items
    classes = [part for part in parts if isinstance(part, Member | Congruence)]
    names = {part.names if isinstance(part, Member) else part.name for part in classes}
    bounds = [part for part in parts if isinstance(part, Collection) and part.about]
    names |= {part.about for part in bounds}
    is_whole_list = len(parts) == len(classes) + len(bounds) > 1 and any(isinstance(part, Member) for part in classes)
    return list(parts) if is_whole_list and len(names) == 1 else []


def same_conditions(key: list[Meaning], given: list[Meaning], same: Callable[[Meaning, Meaning], bool]) -> bool:
    left = list(given)
    for condition in key:
        match = next((i for i, other in enumerate(left) if same(condition, other)), None)
        if match is None:
            return False
        del left[match]
    return not left


def contradict(key: Meaning, given: Meaning) -> bool:
    """One side says that a name is whole and the other that it is real, or positive as well; the letter that counts the
    turns of an angle is whole where nothing is said."""
    ours, theirs = _domains(key), _domains(given)
    if not ours and not theirs:
        return False
    ours, theirs = (
        {**dict.fromkeys(turning(side), "integer"), **said} for side, said in ((key, ours), (given, theirs))
    )
    return any(theirs.get(name, domain) != domain for name, domain in ours.items())


def is_whole(meaning: Meaning) -> bool:
    """Whether some name is said to be whole."""
    return any(domain in ("integer", "natural") for domain in _domains(meaning).values())


def _domains(meaning: Meaning) -> dict[str, str]:
    """What each name is said to be; names of which nothing is said are absent."""
    if isinstance(meaning, Collection) and meaning.kind == "list":
        return {name: domain for item in meaning.items for name, domain in _domains(item).items()}
    if not isinstance(meaning, Given):
        return {}
    return _domains(meaning.item) | {
        name: domain
        for part in meaning.conditions
        if isinstance(part, Member) and (domain := _domain(part.numbers.kinds))
        for name in part.names.split()
    }


def _domain(kinds: frozenset[str]) -> str:
    if kinds & _WHOLE:
        return "natural" if kinds & _FROM_0 else "integer"
    return next((kind for kind in ("real", "rational", "complex") if kind in kinds), "")


def _says_nothing(condition: Meaning, item: Meaning) -> bool:
    match condition:
        case Member():
            kinds = condition.numbers.kinds
            if (isinstance(item, Named) and _is_free(condition, item)) or ("constant" in kinds and kinds & _SIGNED):
                return False
            return not kinds & _RESTRICTING or ("nonzero" in kinds and bool(kinds & {"natural"}))
        case Words():
            return condition.text in _SAYS_NOTHING
        case Quantity():
            return condition.node.kind == "name"
        case Collection(kind="[)" | "()" as kind, items=(Quantity() as low, Quantity() as high)):
            return isinstance(item, Named) and "_" in item.label and _is_first_index(low, high, kind == "[)")
    return False


def _is_free(condition: Member, item: Named) -> bool:
    """`a = 2, b in R`: a class of what the value does not depend on, which is said of another unknown."""
    names = {*condition.names.split()}
    alone = item.told and len(item.label) == 1 and isinstance(item.item, Quantity) and not names_of(item.item.node)
    return alone and bool(names) and item.label not in names


def _is_first_index(low: Quantity, high: Quantity, closed: bool) -> bool:
    """`n >= 1` behind the formula of a sequence."""
    return high.node.kind == "inf" and low.node.kind == "num" and low.node.text in (("0", "1") if closed else ("0",))
