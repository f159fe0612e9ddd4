"""Whether two meanings are the same answer, under a policy. The answer key stands first everywhere."""

from temper.verifiers.latex import lists
from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.clocks import is_time, ratio_of, same_time, says_time
from temper.verifiers.latex.conditions import (
    contradict,
    counted_from,
    counter,
    is_whole,
    restricting,
    said_of_one,
    same_conditions,
    without_starts,
)
from temper.verifiers.latex.equations import as_relation, same_line, same_relation, solves, substituted
from temper.verifiers.latex.families import Families, differ, is_family
from temper.verifiers.latex.meanings import (
    Approximate,
    Based,
    Cases,
    Collection,
    Congruence,
    Given,
    Meaning,
    Member,
    Named,
    Numbers,
    Option,
    Quantity,
    Ratio,
    Relation,
    Words,
)
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.parsing.readings import LETTERS
from temper.verifiers.latex.pieces import same_function
from temper.verifiers.latex.quantities import Policy, Quantities
from temper.verifiers.latex.sampling import names_of
from temper.verifiers.latex.sets import Sets, is_bracketed, is_empty, is_real, is_set, name_said, names_said, same_set
from temper.verifiers.latex.values import Reader
from temper.verifiers.latex.wording import other_role, other_subject, same_words, says_many

_WHOLE = {"odd", "even", "prime", "multiple"}
"""Classes of whole numbers, of which that need not be said."""
_REST = ("otherwise", "else", "elsewhere")
MAX_COMPARISONS = 3_000
"""Of items, in one verdict."""


class Comparison:
    def __init__(self, reader: Reader, policy: Policy) -> None:
        self.values = reader.values
        self.algebra = reader.algebra
        self.policy = policy
        self.quantities = Quantities(reader.algebra, policy, reader.values)
        self.sets = Sets(reader.algebra)
        self.families = Families(reader.algebra)
        self.left = MAX_COMPARISONS
        self.whole_lines = True
        """Whether a line may go through another of its points: not where its parameter is bounded, whole, or a time."""

    def same(self, key: Meaning, given: Meaning) -> bool:
        self.left -= 1
        if self.left < 0:
            return False
        if isinstance(key, Quantity) and isinstance(given, Quantity):
            return self.quantities.same(key, given)
        if self._plainly(key, given):
            return True
        return self._as_sets(key, given)

    def _plainly(self, key: Meaning, given: Meaning) -> bool:
        match key, given:
            case (Option(), _) | (_, Option()):
                return self._options(key, given)
            case (Given(), _) | (_, Given()):
                return self._under_conditions(key, given)
            case (Approximate(), _) | (_, Approximate()):
                return self._approximately(key, given)
            case (Named(), _) | (_, Named()):
                return self._named(key, given)
            case Collection(), Collection():
                return self._collections(key, given)
            case (Collection(kind="{}", items=(item,)), _):
                return not _is_no_item(item) and self.same(item, given)
            case (_, Collection(kind="{}", items=(item,))):
                return not _is_no_item(item) and self.same(key, item)
            case (Collection(kind="list"), Quantity() | Words()) | (Quantity() | Words(), Collection(kind="list")):
                return self._one_of_several(key, given)
            case (Collection(kind="()"), Quantity()) | (Quantity(), Collection(kind="()")):
                return self._unit_vectors(key, given)
            case Words(), Words():
                return same_words(key.text, given.text)
            case (Words(text), Quantity(node=node)) | (Quantity(node=node), Words(text)):
                return says_many(text) and node.kind == "inf"
            case (Relation() | Collection(), Relation()) | (Relation(), Collection()):
                return self._relations(key, given)
            case (Ratio(), _) | (_, Ratio()):
                return self._ratios(key, given)
            case Based(), _:
                return self._based(key, given)
            case (Congruence(), _) | (_, Congruence()):
                return self._congruences(key, given)
            case (Numbers(), _) | (_, Numbers()) | (Member(), _) | (_, Member()):
                return self._classes(key, given)
            case (Cases(), _) | (_, Cases()):
                return self._cases(key, given)
        return False

    def _relations(self, key: Meaning, given: Meaning) -> bool:
        """`x + y <= 4` and `y <= 4 - x`, which is an interval of y to itself."""
        ours, theirs = (as_relation(self.values, side) for side in (key, given))
        return ours is not None and theirs is not None and same_relation(self.algebra, ours, theirs)

    def _as_sets(self, key: Meaning, given: Meaning) -> bool:
        """Where one side can only be a set or a family of numbers, the other is read as one too."""
        if contradict(key, given) or _named_apart(key, given):
            return False
        if (one := counter(key)) and (other := counter(given)) and not self._begin_alike(one, other):
            return False
        if is_set(key) or is_set(given):
            left, right = self.sets.of(key), self.sets.of(given)
            if left is not None and right is not None:
                domains = left.domain, right.domain
                if lists.repeats(key, self.same) or (domains[0] not in ("", "real") and is_bracketed(given)):
                    return False
                if domains == ("", "integer") and is_real(key.item if isinstance(key, Named) else key):
                    return False
                return same_set(left, right, self.quantities.same)
        both = isinstance(key, Congruence) and isinstance(given, Congruence)
        if (is_family(key) or is_family(given)) and not both and not differ(key, given):
            ours = self.families.of(key)
            theirs = self.families.of(given, isinstance(key, Congruence) and isinstance(given, Quantity))
            return ours is not None and theirs is not None and self.families.same(ours, theirs)
        return False

    # -- what stands around a value

    def _options(self, key: Meaning, given: Meaning) -> bool:
        if isinstance(key, Option) and isinstance(given, Option):
            return key.letter == given.letter and self.same(key.item, given.item)
        if isinstance(key, Option):
            return _is_letter(given, key.letter) or self.same(key.item, given)
        return isinstance(given, Option) and (_is_letter(key, given.letter) or self.same(key, given.item))

    def _under_conditions(self, key: Meaning, given: Meaning) -> bool:
        """A restricting condition must stand on both sides; what only says that n is whole need not."""
        if (statements := said_of_one(key)) and (others := said_of_one(given)):
            return same_conditions(statements, others, self.same)
        key, given = counted_from(key, given), counted_from(given, key)
        left, right = without_starts(restricting(key), given), without_starts(restricting(given), key)
        ours, theirs = (meaning.item if isinstance(meaning, Given) else meaning for meaning in (key, given))
        if len(left) != len(right) or contradict(key, given):
            return False
        if (one := counter(key)) and (other := counter(given)) and not self._begin_alike(one, other):
            return False
        if left or is_whole(key) or is_whole(given):
            self.whole_lines = False
        if (is_whole(key) and is_bracketed(given)) or (is_whole(given) and is_real(key)):
            return False
        return self.same(ours, theirs) and same_conditions(left, right, self.same)

    def _begin_alike(self, key: tuple[str, int, Node], given: tuple[str, int, Node]) -> bool:
        """Whether the first two members are the same: of `3k + 1` for k from 0 and `3k - 2` for k from 1."""
        try:
            firsts = [
                [self.values.value(substituted(node, letter, Node("num", text=str(start + step)))) for step in (0, 1)]
                for letter, start, node in (key, given)
            ]
        except UnreadableError:
            return key[1] == given[1]
        return all(map(self.algebra.equal, *firsts))

    def _approximately(self, key: Meaning, given: Meaning) -> bool:
        """`exact = decimal`: either side of the key is right; a completion whose sides disagree says two things."""
        if isinstance(given, Approximate):
            exact = given.exact
            is_number = isinstance(exact, Quantity) and not names_of(exact.node)
            if is_number and isinstance(exact, Quantity) and not self.quantities.rounds_to(exact, given.decimal):
                return False
            if isinstance(key, Approximate):
                return self.same(key.exact, exact)
            is_decimal = isinstance(exact, Quantity) and exact.places is not None
            return self.same(key, exact) or (not is_decimal and self.same(key, given.decimal))
        if not isinstance(key, Approximate):
            return False
        if self.same(key.exact, given):
            return True
        if not isinstance(given, Quantity) or (given.places or 0) < (key.decimal.places or 0):
            return False
        is_number = isinstance(key.exact, Quantity) and not names_of(key.exact.node)
        if is_number and isinstance(key.exact, Quantity) and not self.quantities.rounds_to(key.exact, given):
            return False
        same_unit = self.quantities.same_units(key.decimal.unit, given.unit)
        return same_unit and self.quantities.shows(given, key.decimal)

    def _cases(self, key: Meaning, given: Meaning) -> bool:
        """The same values under the same conditions, one of which may be called `otherwise`; or the same function."""
        ours, theirs = _rows(key), _rows(given)
        if ours is None or theirs is None:
            return same_function(self.sets, key, given)
        rests = [any(map(_says_otherwise, side.items)) for side in (ours, theirs)]
        same_row = self._same_row if all(rests) else self._same_row_or_rest
        return lists.any_order(ours, theirs, same_row) or same_function(self.sets, key, given)

    def _same_row_or_rest(self, key: Meaning, given: Meaning) -> bool:
        """Where one side alone says `otherwise`, that is whichever condition the other has."""
        if isinstance(key, Given) and isinstance(given, Given) and any(map(_says_otherwise, (key, given))):
            return self.same(key.item, given.item)
        return self._same_row(key, given)

    def _same_row(self, key: Meaning, given: Meaning) -> bool:
        if not (isinstance(key, Given) and isinstance(given, Given)) or not self.same(key.item, given.item):
            return False
        if _says_otherwise(key) and _says_otherwise(given):
            return True
        return same_conditions(list(key.conditions), list(given.conditions), self.same)

    # -- labels

    def _named(self, key: Meaning, given: Meaning) -> bool:
        ours, theirs = lists.labelled(key), lists.labelled(given)
        if any(isinstance(side, Named) and "(" in side.label for side in (key, given)):
            self.whole_lines = False  # `r(t) = ...` may be where something is at the time t
        if ours and theirs:
            return lists.by_label(ours, theirs, self.same)
        if isinstance(key, Named) and isinstance(given, Named):
            return self._both_named(key, given)
        if lists.called_otherwise(key, theirs) or lists.called_otherwise(given, ours):
            return False
        if (ours or theirs) and self._by_order(key, given):
            return True
        if any(isinstance(side, Named) and lists.swaps_axes(side) for side in (key, given)):
            return False
        if ours and isinstance(key, Named) and isinstance(key.item, Named) and isinstance(given, Collection):
            return False  # `x = y = z = 1` and `(1, 1)`
        if isinstance(key, Named):
            if key.told and self.same(key.item, given):
                return True
            return key.equation is not None and self._equation(key.equation, given)
        if not isinstance(given, Named):
            return False
        if (given.told or (given.loose and isinstance(key, Quantity))) and self.same(key, given.item):
            return True
        return (
            given.equation is not None
            and isinstance(key, Quantity)
            and bool(names_of(key.node))
            and solves(self.values, given.equation, key)
        )

    def _both_named(self, key: Named, given: Named) -> bool:
        if key.equation and given.equation and same_relation(self.algebra, key.equation, given.equation):
            return True
        if not (key.told and given.told):
            return key.label == given.label and self.same(key.item, given.item)
        worded = lists.is_worded(key) or lists.is_worded(given)
        same_label = key.label.lower() == given.label.lower() or _same_graph(key.label, given.label)
        if worded and other_role(key.label, given.label):
            return False
        if isinstance(key.item, Words) and isinstance(given.item, Words) and other_subject(key.label, given.label):
            return False
        return (same_label or worded) and self.same(key.item, given.item)

    def _same_equation(self, key: Meaning, given: Meaning) -> bool:
        """Also where they are labels: `m = n` is `n = m`."""
        sides = [side.equation if isinstance(side, Named) else side for side in (key, given)]
        if not all(isinstance(side, Relation) and side.op == "=" for side in sides):
            return False
        first, second = (side for side in sides if isinstance(side, Relation))
        return same_relation(self.algebra, first, second)

    def _equation(self, equation: Relation, given: Meaning) -> bool:
        if isinstance(given, Relation):
            return same_relation(self.algebra, equation, given)
        return isinstance(given, Quantity) and solves(self.values, equation, given)

    def _by_order(self, key: Meaning, given: Meaning) -> bool:
        """`x = 3, y = 4` against `(3, 4)` and `3, 4`: in the order of the labels."""
        ours, theirs = lists.labelled(key), lists.labelled(given)
        entries, other = (ours, given) if ours else (theirs, key)
        label = other.label if isinstance(other, Named) else ""
        other = other.item if isinstance(other, Named) else other
        if not entries or not isinstance(other, Collection) or other.kind not in ("list", "()", "{}") or other.about:
            return False
        choices, is_open = lists.without_labels(entries)
        if theirs and other.kind == "()":
            choices = choices[:1]  # a point of the key has the order of its axes, however the labels stand
        free = other.kind != "()" and (is_open or bool(label) or other.kind == "{}" or choices[0].kind == "list")
        compare = lists.any_order if free else lists.in_order
        return any(
            compare(choice, other, self.same) if ours else compare(other, choice, self.same) for choice in choices
        )

    # -- collections

    def _collections(self, key: Collection, given: Collection) -> bool:
        if "going" in (key.kind, given.kind):
            return lists.same_terms(key, given, self.same)
        if lists.opposed(key, given, names_said):
            return False
        may_be_lines = key.joined.startswith("along ") or key.kind == "equal" == given.kind
        if may_be_lines and self.whole_lines and same_line(self.values, key, given):
            return True
        if lists.multiplicities(key) and lists.multiplicities(given):
            return lists.any_order(key, given, self._same_multiple)
        if lists.has_equations(key) and lists.any_order(key, given, self._same_equation):
            return True
        if {key.kind, given.kind} == {"{}", "()"}:
            braced, point = (key, given) if key.kind == "{}" else (given, key)
            return len(braced.items) == 1 and self._plainly(braced.items[0], point)  # `{(1, 2)}`
        ours, theirs = lists.labelled(key), lists.labelled(given)
        if ours and theirs:
            return lists.by_label(ours, theirs, self.same)
        if (ours or theirs) and not lists.all_named(given if ours else key):
            return self._by_order(key, given)
        if key.kind in ("list", "{}") and given.kind in ("list", "{}"):
            if key.kind == given.kind == "list" and (ours := lists.counted(key)):
                return self._counted(ours, key, given)
            strict = key.kind == given.kind == "list" and self.policy.order == "strict"
            if key.kind == given.kind == "{}":
                key, given = lists.distinct(key, self.same), lists.distinct(given, self.same)
            several = max(len(names_said(side)) for side in (key, given)) > 1
            same = self._same_about if several else self._same_item
            return (lists.in_order if strict else lists.any_order)(key, given, same)
        if key.kind == given.kind and key.kind in ("union", "cap", "equal"):
            return lists.any_order(key, given, self.same)
        if {key.kind, given.kind} == {"list", "()"}:
            # `1, 2, 3` and `(1, 2, 3)` are the same ordered values
            is_interval = bool(key.about or given.about) or "or" in (key.joined, given.joined)
            return len(key.items) > 1 and not is_interval and lists.in_order(key, given, self.same)
        return key.kind == given.kind and lists.in_order(key, given, self.same)

    def _counted(self, ours: list[Named], key: Collection, given: Collection) -> bool:
        """`15 boys and 12 girls`: what is counted is a label, which the other side may leave out in the same order."""
        theirs = lists.counted(given)
        if theirs is None:
            return lists.in_order(key, given, self.same)
        return len(ours) == len(theirs) and all(
            any({*a.label.split()} & {*b.label.split()} and self.same(a.item, b.item) for b in theirs) for a in ours
        )

    def _same_item(self, key: Meaning, given: Meaning) -> bool:
        """Of lists and sets, in which `{1}` is not 1."""
        braces = [isinstance(side, Collection) and side.kind == "{}" for side in (key, given)]
        return braces[0] == braces[1] and self.same(key, given)

    def _same_about(self, key: Meaning, given: Meaning) -> bool:
        """`x > 1, y > 2`: each inequality of its own name."""
        return name_said(key) == name_said(given) and self.same(key, given)

    def _same_multiple(self, key: Meaning, given: Meaning) -> bool:
        return lists.multiplicity(key) == lists.multiplicity(given) and self.same(key, given)

    def _one_of_several(self, key: Meaning, given: Meaning) -> bool:
        """`7/3 or 2 1/3` as a key is one value in two forms; `A, C` are the letters `AC` of a choice."""
        several, one = (key, given) if isinstance(key, Collection) else (given, key)
        if not isinstance(several, Collection):
            return False
        if several is key and several.joined == "or":
            return all(self.same(item, given) for item in several.items)
        letters = [item.node.text for item in several.items if isinstance(item, Quantity) and item.node.kind == "name"]
        named = _letters_of(one)
        if several.joined == "or" or len(letters) < max(2, len(several.items)) or not {*letters} <= {*lists.OPTIONS}:
            return False
        return named == letters or named == sorted({*letters})

    def _unit_vectors(self, key: Meaning, given: Meaning) -> bool:
        """`3i - j` with the vectors along the axes."""
        entries, sum_ = (key, given) if isinstance(key, Collection) else (given, key)
        if not (isinstance(entries, Collection) and isinstance(sum_, Quantity)) or len(entries.items) not in (2, 3):
            return False
        axes = [Node("const", text="i"), Node("name", text="j"), Node("name", text="k")]
        if not {"j", "k"} & names_of(sum_.node) or not all(isinstance(item, Quantity) for item in entries.items):
            return False
        terms = (
            Node("product", (item.node, axis))
            for item, axis in zip(entries.items, axes, strict=False)
            if isinstance(item, Quantity)
        )
        total = Node("sum", tuple(terms))
        units = {item.unit for item in entries.items if isinstance(item, Quantity)}
        if units != {""} and not self.quantities.same_units(units.pop(), sum_.unit):
            return False
        return sum_.value is not None and self.algebra.equal(self.values.value(total), sum_.value)

    # -- numbers that are no quantities

    def _ratios(self, key: Meaning, given: Meaning) -> bool:
        """A time of day is only that time, whatever its hours divided by its minutes are."""
        if isinstance(key, Ratio) and is_time(key):
            return isinstance(given, Ratio) and same_time(key, given)
        if isinstance(given, Ratio) and says_time(given):
            return isinstance(key, Ratio) and same_time(key, given)
        ours, theirs = ratio_of(self.algebra, key), ratio_of(self.algebra, given)
        if len(ours) != len(theirs) or not ours:
            return False
        times, equal = self.algebra.times, self.algebra.equal
        return all(equal(times(ours[0], b), times(a, theirs[0])) for a, b in zip(ours, theirs, strict=True))

    def _based(self, key: Based, given: Meaning) -> bool:
        """The same digits in the same base, which may be left out."""
        if isinstance(given, Based):
            return key == given
        if isinstance(given, Words):
            return given.text == key.digits.casefold() and self.policy.units != "require"
        if not isinstance(given, Quantity) or given.unit or self.policy.units == "require":
            return False
        return given.node.kind == "num" and given.node.text == key.digits

    def _congruences(self, key: Meaning, given: Meaning) -> bool:
        """Of the same name, as classes; `7 (mod 11)` also for 7, the rest."""
        if isinstance(key, Congruence) and isinstance(given, Congruence):
            if key.name != given.name and "_" not in (key.name, given.name):
                return False
            if key.begins and given.begins:
                equal = self.algebra.equal
                return equal(key.rest, given.rest) and equal(key.modulus, given.modulus)
            if differ(key, given) and not self.algebra.equal(key.rest, given.rest):
                return False
            ours, theirs = self.families.of(key), self.families.of(given)
            return ours is not None and theirs is not None and self.families.same(ours, theirs)
        one, other = (key, given) if isinstance(key, Congruence) else (given, key)
        if not isinstance(one, Congruence) or not isinstance(other, Quantity) or one.name != "_" or other.value is None:
            return False
        rest, modulus = self.algebra.rational(one.rest), self.algebra.rational(one.modulus)
        return rest is not None and bool(modulus) and self.algebra.rational(other.value) == rest % (modulus or 1)

    def _classes(self, key: Meaning, given: Meaning) -> bool:
        ours, theirs = (meaning.numbers if isinstance(meaning, Member) else meaning for meaning in (key, given))
        if not (isinstance(ours, Numbers) and isinstance(theirs, Numbers)):
            return False
        kinds = [side.kinds - {"integer"} if side.kinds & _WHOLE else side.kinds for side in (ours, theirs)]
        if ours.of is None or theirs.of is None:
            return kinds[0] == kinds[1] and ours.of is theirs.of
        return kinds[0] == kinds[1] and self.algebra.equal(ours.of, theirs.of)


def _says_otherwise(row: Meaning) -> bool:
    return isinstance(row, Given) and any(isinstance(part, Words) and part.text in _REST for part in row.conditions)


def _rows(meaning: Meaning) -> Collection | None:
    """The rows of a definition by cases, also where it is a list of values with their conditions."""
    if isinstance(meaning, Cases):
        return Collection("list", meaning.rows)
    if isinstance(meaning, Collection) and meaning.kind == "list":
        return meaning if all(isinstance(item, Given) for item in meaning.items) else None
    return None


def _named_apart(key: Meaning, given: Meaning) -> bool:
    """Whether the labels of two sets say that they are of two things: `the domain`, `the range`; labels in signs where
    both have more than a letter (the union of A and B, their intersection), or one is a letter of the other (A)."""
    if not (isinstance(key, Named) and isinstance(given, Named)):
        return False
    if lists.is_worded(key) or lists.is_worded(given):
        return other_role(key.label, given.label)
    shorter, longer = sorted((key.label, given.label), key=len)
    return shorter != longer and (len(shorter) > 1 or (shorter.isupper() and shorter in longer))


def _letters_of(meaning: Meaning) -> list[str]:
    """The letters of `AC` and `BCA`; empty for anything else."""
    if isinstance(meaning, Words):
        return list(meaning.text.removeprefix(LETTERS).upper()) if meaning.text.startswith(LETTERS) else []
    if not isinstance(meaning, Quantity) or meaning.node.kind != "product":
        return []
    return [part.text if part.kind == "name" else "" for part in meaning.node.args]


def _is_no_item(meaning: Meaning) -> bool:
    """What in braces is no set of itself: the empty set, and an unknown, whose fractional part `{x}` is."""
    return is_empty(meaning) or any(_is_letter(meaning, letter) for letter in "xyz")


def _is_letter(meaning: Meaning, letter: str) -> bool:
    return isinstance(meaning, Quantity) and meaning.node.kind == "name" and meaning.node.text == letter


def _same_graph(key: str, given: str) -> bool:
    """`f(x)`, `f` and `y` are ways to write the same graph, `a_n` and `a(n)` the same sequence.
    A vector may go without its arrow."""
    first, second = sorted((key, given), key=len)
    if second.startswith("\u2192") and not first.startswith("\u2192"):
        return first == "".join(sorted(second[1:]))  # `AB` for the vector from A to B
    if (index := first.partition("_")[2]).isalpha() and second == f"{first.partition('_')[0]}({index})":
        return True
    return (first == "y" and "(" in second) or second.startswith(f"{first}(")
