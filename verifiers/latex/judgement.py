"""An answer key that was read once, and whether an answer is the same.

The key's meaning is kept for each reading of `log`, since the completions of a group share it.
"""

import functools
import re
from dataclasses import dataclass

from temper.verifiers.latex.algebra import Algebra, UnreadableError
from temper.verifiers.latex.compare import Comparison
from temper.verifiers.latex.meanings import Collection, Given, Meaning, Named
from temper.verifiers.latex.parameters import renamings, said_of_others
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.parsing.readings import in_words, readings, spelling
from temper.verifiers.latex.quantities import Policy
from temper.verifiers.latex.values import Reader, has_bare_log
from temper.verifiers.latex.wording import is_polar, polar

MAX_WORDS = 8
"""Of a key in words that another text may well say too."""
_TEXT = re.compile(r"\\(?:text|mathrm|textbf|mbox)\s?\{([^{}]{0,500})\}")


@dataclass(frozen=True)
class Reading:
    """A tree that has a meaning."""

    node: Node
    natural: Meaning
    """Where `log` without a base is the natural one."""
    decimal: Meaning


@dataclass(frozen=True)
class Key:
    text: str
    readings: tuple[Reading, ...]
    """None where the key can only be compared as text."""
    reason: str = ""
    """Why it can only be compared as text."""

    @property
    def in_words(self) -> bool:
        return all(in_words(reading.node) for reading in self.readings)

    @property
    def values(self) -> int:
        """How many values the answer has."""
        return max((_values(reading.natural) for reading in self.readings), default=1)


def _values(meaning: Meaning) -> int:
    if isinstance(meaning, Named | Given):
        return _values(meaning.item)
    if isinstance(meaning, Collection) and meaning.kind in ("list", "{}", "()"):
        return len(meaning.items)
    return 1


@functools.lru_cache(256)
def read_key(text: str) -> Key:
    found, reason = [], ""
    try:
        nodes = readings(text)
    except UnreadableError as error:
        return Key(text, (), str(error))
    for node in nodes:
        try:
            natural = Reader(Algebra()).read(node)
            decimal = Reader(Algebra(), "10").read(node) if has_bare_log(node) else natural
            found.append(Reading(node, natural, decimal))
        except (UnreadableError, RecursionError) as error:
            reason = reason or str(error)
    if found:
        reason = _too_long([reading.node for reading in found])
    return Key(text, tuple(found), reason)


def _too_long(nodes: list[Node]) -> str:
    """Why a key in words is no answer that another text may give."""
    lengths = [len(node.text.split()) for node in nodes]
    if all(node.kind == "words" for node in nodes) and max(lengths) > MAX_WORDS:
        return f"a sentence of {max(lengths)} words, which only the same sentence meets"
    return ""


def same_text(key: Key, given: str) -> bool:
    """The same text; for a key that cannot be read the same signs and letters, for a key of yes or no also a text that
    begins with it and gives its reason."""
    if key.text == given or (not key.readings and spelling(key.text) == spelling(given)):
        return True
    said = _TEXT.sub(r"\1", key.text)
    if not is_polar(said):  # `Yes, it is possible.`
        reasoned = polar(said) if re.fullmatch(r"[A-Za-z' ,.]{1,80}", said) else None
        return reasoned is not None and reasoned in (
            polar(given_said := _TEXT.sub(r"\1", given)),
            given_said.strip(" .$").lower(),
        )
    return polar(_TEXT.sub(r"\1", given)) == _TEXT.sub(r"\1", key.text).strip(" .").lower()


def same_answer(key: Key, nodes: list[Node], policy: Policy) -> bool:
    return any(_same(reading, node, policy) for reading in key.readings for node in nodes)


def _same(key: Reading, given: Node, policy: Policy) -> bool:
    """Under one reading of `log`; what cannot be evaluated within the budget is not the same."""
    if said_of_others(key.node, given):
        return False
    for renamed in renamings(key.node, given):
        for base in ("e", "10") if has_bare_log(key.node) or has_bare_log(renamed) else ("e",):
            try:
                reader = Reader(Algebra(), "e" if base == "e" else "10")
                meaning = key.natural if base == "e" else key.decimal
                if Comparison(reader, policy).same(meaning, reader.read(renamed)):
                    return True
            except (UnreadableError, RecursionError):
                continue
    return False
