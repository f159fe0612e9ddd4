"""Lists, sets and tuples of answers: which items belong together, by label, by order or in any order."""

import re
from collections.abc import Callable
from dataclasses import replace

from temper.verifiers.latex.meanings import Collection, Meaning, Named, Quantity, Relation, Words
from temper.verifiers.latex.sampling import names_of
from temper.verifiers.latex.units import unit_of
from temper.verifiers.latex.wording import other_role, role_name

Same = Callable[[Meaning, Meaning], bool]
_AXES = {"x", "y", "z"}
"""Names whose order everyone knows."""
_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "omicron", "rho",
    "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Sigma", "Phi", "Psi",
    "Omega",
}  # fmt: skip
OPTIONS = "ABCDEFGH"
"""Letters of a choice."""
_ARGUMENT = re.compile(r"\([a-z](?:,[a-z])?\)\Z")
_PART = re.compile(r"([0-9]+)")


def in_order(key: Collection, given: Collection, same: Same) -> bool:
    return len(key.items) == len(given.items) and all(map(same, key.items, given.items))


def same_terms(key: Collection, given: Collection, same: Same) -> bool:
    """Of two sequences that go on by no step: as many terms are listed, the same ones in their order. A term more or
    less may be right, but nothing here tells what the rule is."""
    sides = [side.items[0] if side.kind == "{}" and len(side.items) == 1 else side for side in (key, given)]
    ours, theirs = (side if isinstance(side, Collection) and side.kind == "going" else None for side in sides)
    return ours is not None and theirs is not None and in_order(ours, theirs, same)


def any_order(key: Collection, given: Collection, same: Same) -> bool:
    """Each item of the key takes one item of the other side, each once."""
    if len(key.items) != len(given.items):
        return False
    left = list(given.items)
    for item in key.items:
        match = next((i for i, other in enumerate(left) if same(item, other)), None)
        if match is None:
            return False
        del left[match]
    return True


def distinct(items: Collection, same: Same) -> Collection:
    kept: list[Meaning] = []
    for item in items.items:
        if not any(same(other, item) for other in kept):
            kept.append(item)
    return replace(items, items=tuple(kept))


def labelled(meaning: Meaning) -> list[Named] | None:
    """The entries of `x = 1, y = 2`, of `(x = 1, y = 2)`, of `(x, y) = (1, 2)` and of `x = y = 1`; None for what is no
    such list."""
    if isinstance(meaning, Named) and isinstance(meaning.item, Named):
        return _chained(meaning)
    if isinstance(meaning, Named) and meaning.label.startswith("(") and isinstance(meaning.item, Collection):
        names = meaning.label.strip("()").split(",")
        if meaning.item.kind == "()" and len(names) == len(meaning.item.items) > 1:
            return [Named(name.strip(), item) for name, item in zip(names, meaning.item.items, strict=True)]
        return None
    if not isinstance(meaning, Collection) or meaning.kind not in ("list", "()", "{}") or len(meaning.items) < 2:
        return None
    named = [item for item in meaning.items if isinstance(item, Named) and item.told]
    return named if len(named) == len(meaning.items) else None


def multiplicity(item: Meaning) -> str:
    """The `multiplicity 2` behind a root or an eigenvalue."""
    if isinstance(item, Named):
        return multiplicity(item.item)
    return item.unit if isinstance(item, Quantity) and "multiplicity" in item.unit else ""


def multiplicities(items: Collection) -> bool:
    return any(map(multiplicity, items.items))


def counted(meaning: Collection) -> list[Named] | None:
    """The entries of `15 boys, 12 girls`, each under what is counted; None where an item counts nothing, or two the
    same."""
    if len(meaning.items) < 2 or not all(isinstance(item, Quantity) and item.unit for item in meaning.items):
        return None
    quantities = [item for item in meaning.items if isinstance(item, Quantity)]
    nouns = [_singular(unit_of(item.unit).noun) for item in quantities if not unit_of(item.unit).measures]
    if len({*nouns}) < len(quantities):
        return None
    return [Named(noun, replace(item, unit="")) for noun, item in zip(nouns, quantities, strict=True)]


def _singular(noun: str) -> str:
    return " ".join(word.removesuffix("s") for word in noun.split())


def swaps_axes(named: Named) -> bool:
    """`(y, x) = ...`, which is no order for a side without labels."""
    names = named.label.strip("()").split(",")
    return named.label.startswith("(") and {*names} <= _AXES and names != sorted(names)


def repeats(meaning: Meaning, same: Same) -> bool:
    """Whether a list has an item twice, so that it is no set: `1, 1, 2`, roots with their multiplicity."""
    return (
        isinstance(meaning, Collection)
        and meaning.kind == "list"
        and len(distinct(meaning, same).items) < len(meaning.items)
    )


def opposed(key: Collection, given: Collection, names: Callable[[Collection], set[str]]) -> bool:
    """Whether one side says `and` of conditions and the other `or`; where each is of a name of its own, a comma is an
    `and`. Of values `1 and 2` is `1 or 2`."""
    if (key.joined == "or") == (given.joined == "or"):
        return False
    items = (*key.items, *given.items)
    if any(len(side.items) == len(names(side)) > 1 for side in (key, given)):
        return True
    if "and" not in (key.joined, given.joined):
        if all(map(_is_option, items)):
            return True
        return any(isinstance(item, Relation) and item.op == "!=" for item in items)
    return any(map(_is_condition, items)) or all(map(_is_called, items))


def has_equations(items: Collection) -> bool:
    """Whether an equation stands in it that is no label of its value."""
    return any(isinstance(item, Named) and _is_condition(item) for item in items.items)


def _is_condition(item: Meaning) -> bool:
    if isinstance(item, Named):
        return item.equation is not None and not item.told  # `m + n = 1`
    return isinstance(item, Relation) or (isinstance(item, Collection) and item.about != "")


def _is_called(item: Meaning) -> bool:
    """A word or a letter, of which `A or B` says less than `A and B`."""
    return isinstance(item, Words) or (isinstance(item, Quantity) and item.node.kind == "name")


def _is_option(item: Meaning) -> bool:
    return isinstance(item, Quantity) and item.node.kind == "name" and item.node.text in OPTIONS


def all_named(items: Collection) -> bool:
    """Whether every item is an equation, a label or not."""
    return all(isinstance(item, Named) for item in items.items)


def _chained(meaning: Named) -> list[Named] | None:
    """`x = y = z = 1` says 1 of each."""
    labels: list[str] = []
    item: Meaning = meaning
    while isinstance(item, Named) and item.told:
        labels.append(item.label)
        item = item.item
    return [Named(label, item) for label in labels] if all(len(label) == 1 for label in labels) else None


def equal_entries(items: tuple[Meaning, ...]) -> list[Named]:
    """`a = b = 1 or a = b = 2` as the points (1, 1) and (2, 2) of (a, b); empty for anything else."""
    chains = [_chained(item) if isinstance(item, Named) and isinstance(item.item, Named) else None for item in items]
    known = [entries for entries in chains if entries]
    if len(known) < len(items) or len({tuple(entry.label for entry in entries) for entries in known}) > 1:
        return []
    return [Named(f"({','.join(entry.label for entry in entries)})", _tuple(entries)) for entries in known]


def by_label(key: list[Named], given: list[Named], same: Same) -> bool:
    """Both sides have labels: the same ones, and under each the same value."""
    key, given = _as_functions(key, given)
    worded = [all(map(_is_said, side)) for side in (key, given)]
    if any(map(_is_said, (*key, *given))):
        key, given = (
            [replace(entry, label=role_name(entry.label.lower())) if _is_said(entry) else entry for entry in side]
            for side in (key, given)
        )
    others = {entry.label: entry.item for entry in given}
    if len({entry.label for entry in key}) != len(key) or len(others) != len(given):
        if {entry.label for entry in key} == {"x"} or {entry.label for entry in given} == {"x"}:
            return all(map(_is_root, (*key, *given))) and any_order(_tuple(key), _tuple(given), same)
        return _grouped_any_order(key, given, same)
    if {entry.label for entry in key} == others.keys() and all(map(_is_root, (*key, *given))) and len(others) > 1:
        return any_order(_tuple(key), _tuple(given), same)
    if {entry.label for entry in key} == others.keys():
        return all(same(entry.item, others[entry.label]) for entry in key)
    if any(other_role(a.label, b.label) for a, b in zip(key, given, strict=False)):
        return False
    if not any(worded) or (all(worded) and not any(" " in entry.label for entry in (*key, *given))):
        return False
    return len(key) == len(given) and all(same(a.item, b.item) for a, b in zip(key, given, strict=True))


def _as_functions(key: list[Named], given: list[Named]) -> tuple[list[Named], list[Named]]:
    """`f = 0, f = 1` beside `f(x) = 0, f(x) = 1`: without the argument, where one side alone has it."""
    labels = [{entry.label for entry in side} for side in (key, given)]
    bare = [{_ARGUMENT.sub("", label) for label in side} for side in labels]
    if labels[0] == labels[1] or bare[0] != bare[1] or not any(a == b for a, b in zip(labels, bare, strict=True)):
        return key, given
    left, right = ([replace(entry, label=_ARGUMENT.sub("", entry.label)) for entry in side] for side in (key, given))
    return left, right


def called_otherwise(whole: Meaning, entries: list[Named] | None) -> bool:
    """Whether a label of one letter of the whole (`a = -3, 1`) is not that of its entries without an index: `a_1 = -3`
    may be such an entry, `b = 1` is none."""
    if entries is None or not isinstance(whole, Named) or not (len(whole.label) == 1 or whole.label in _GREEK):
        return False
    return any(entry.label.partition("_")[0] != whole.label for entry in entries)


def without_labels(entries: list[Named]) -> tuple[list[Collection], bool]:
    """What the list says to a side without labels: the tuples in which its values may stand (in the order of the
    labels, and as written), and whether the labels leave the order open (`x_1`, `x_2`; one label for all)."""
    labels = [entry.label for entry in entries]
    period = len(dict.fromkeys(labels))
    if period == 1 or not _makes_rows(entries):
        return [Collection("list", tuple(entry.item for entry in entries))], True
    if period < len(labels):
        rows = [entries[i : i + period] for i in range(0, len(labels), period)]
        return [Collection("list", tuple(_tuple(sorted(row, key=_place)) for row in rows))], True
    alphabetical, written = sorted(entries, key=_place), entries
    if {*labels} <= _AXES:
        return [_tuple(alphabetical)], False
    if any(is_worded(entry) for entry in entries):
        return [_tuple(written)], False
    is_open = all(map(_is_root, entries))
    return [_tuple(alphabetical)] if alphabetical == written else [_tuple(alphabetical), _tuple(written)], is_open


def _grouped_any_order(key: list[Named], given: list[Named], same: Same) -> bool:
    """`x = 1, y = 2 or x = 3, y = 4`; `f(x) = x, f(x) = -x`."""
    if sorted({entry.label for entry in key}) != sorted({entry.label for entry in given}):
        return False
    if not (_makes_rows(key) and _makes_rows(given)):  # `x = 1, x = -1, y = 2`
        labels = {entry.label for entry in key}
        return all(any_order(_under(label, key), _under(label, given), same) for label in labels)
    left, right = without_labels(key)[0][0], without_labels(given)[0][0]
    return any_order(left, right, same)


def _under(label: str, entries: list[Named]) -> Collection:
    return _tuple([entry for entry in entries if entry.label == label])


def _makes_rows(entries: list[Named]) -> bool:
    """Whether the labels come again and again in one order."""
    labels = [entry.label for entry in entries]
    period = len({*labels})
    return len(labels) % period == 0 and labels == labels[:period] * (len(labels) // period)


def _tuple(entries: list[Named]) -> Collection:
    return Collection("()", tuple(entry.item for entry in entries))


def is_worded(entry: Named) -> bool:
    """A label of words; `T(10)` and `x_1` are names."""
    is_name = {*"_("} & {*entry.label} or entry.label in _GREEK
    return len(re.sub(r"[^a-z]", "", entry.label)) > 2 and not is_name


def _is_said(entry: Named) -> bool:
    """In a list also the name of a person, `Bob`."""
    return is_worded(entry) or (len(entry.label) > 2 and entry.label.isalpha() and entry.label.istitle())


def _is_root(entry: Named) -> bool:
    """`x_1`, `x`, `lambda_1`: solutions of an equation, which have no order; of a system they may depend on
    a letter."""
    if "_" in entry.label and isinstance(entry.item, Quantity) and names_of(entry.item.node):
        return False
    return entry.label.partition("_")[0] in ("x", "z", "lambda")


def _place(entry: Named) -> tuple[tuple[int, int | str], ...]:
    """Labels in their order: letters, then numbers by size."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in _PART.split(entry.label) if part)
