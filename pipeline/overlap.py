"""Held-out problems that stand in what is trained on: contained, and beyond that covered.

    words      NFKC, case folded; runs of letters and digits, every other sign by itself, blanks nowhere
    contained  the words of a problem's prompt (its user messages) stand in one run in what an example's model is given
               (its messages but the assistant's, each by itself)

A prompt of fewer than `SHORT` words is one that other questions hold by chance ("What is 1 + 1?" in "What is 1 + 1?
And what is ..."): it must be the whole message. What the assistant writes is not searched: an answer may quote
anything. Nor is a paraphrase found.

    covered    the words of a prompt that lie in runs of `GRAM` words which one training row has as well; more
               than `SHARE` of them (the rule of Tuelu 3, arXiv 2411.15124)

So a prompt with a clause more or less, or with an instruction behind it, is found as well, and so is a twin of a long
text that differs in a number: who reads the finding sees both. A prompt of fewer than `WHOLE` words has to be
contained. Rows of one generator are variations of its templates and are not told by this: its splits keep them apart.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from temper.verifiers.problem import Problem

SHORT = 8
"""Words."""
GRAM, SHARE, WHOLE = 8, 0.5, 13
"""Words of a run; the share of a prompt's words; words that a prompt needs for a part of it to say anything."""
_WORD = re.compile(r"\w+|[^\w\s]")

Words = tuple[str, ...]


@lru_cache(maxsize=64)  # the texts of a row are read by `HeldOut` and by `Cover`
def words(text: str) -> Words:
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def asked(problem: Problem) -> str:
    """What the users of a prompt say."""
    return "\n".join(str(message.get("content") or "") for message in problem.messages() if message["role"] == "user")


@dataclass(frozen=True)
class Overlap:
    """A held-out problem that a training row covers."""

    source: str
    id: str
    share: float
    """Of the problem's words."""


class Cover:
    """Prompts of `WHOLE` words and more, by the runs of words that they have; rows pass by one at a time."""

    def __init__(self, problems: Iterable[tuple[str, Problem]]) -> None:
        """Each problem with its source."""
        self._named: dict[Words, list[tuple[str, str]]] = defaultdict(list)
        self._runs: dict[Words, list[tuple[Words, int]]] = defaultdict(list)
        for source, problem in problems:
            prompt = words(asked(problem))
            if len(prompt) >= WHOLE:
                self._named[prompt].append((source, problem.id))
        for prompt in self._named:
            for place in range(len(prompt) - GRAM + 1):
                self._runs[prompt[place : place + GRAM]].append((prompt, place))

    def overlaps(self, texts: Iterable[str]) -> list[Overlap]:
        """The problems that the texts of one training row cover, each once."""
        covered: dict[Words, set[int]] = defaultdict(set)
        for said in map(words, texts):
            for start in range(len(said) - GRAM + 1):
                for prompt, place in self._runs.get(said[start : start + GRAM], ()):
                    covered[prompt].update(range(place, place + GRAM))
        # Of 20 words those at places 0 to 7 and 3 to 10 are covered: 11 of 20, more than half.
        shares = {prompt: len(places) / len(prompt) for prompt, places in covered.items()}
        found = sorted((prompt, share) for prompt, share in shares.items() if share > SHARE)
        return [Overlap(*at, share) for prompt, share in found for at in self._named[prompt]]


class HeldOut:
    """Prompts to look for, by how they begin."""

    def __init__(self, problems: Iterable[tuple[str, Problem]]) -> None:
        """Each problem with its source."""
        self._whole: dict[Words, list[tuple[str, str]]] = defaultdict(list)
        self._beginnings: dict[Words, set[Words]] = defaultdict(set)
        for source, problem in problems:
            found = words(asked(problem))
            if found:
                self._whole[found].append((source, problem.id))
            if len(found) >= SHORT:
                self._beginnings[found[:SHORT]].add(found)

    def within(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """(source, id) of the problems that a row of examples holds."""
        return self.held_by(given(row))

    def held_by(self, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(source, id) of the problems that one of the texts holds."""
        for text in texts:
            said = words(text)
            here = {said} & self._whole.keys()
            for place in range(len(said) - SHORT + 1):
                for prompt in self._beginnings.get(said[place : place + SHORT], ()):
                    if said[place : place + len(prompt)] == prompt:
                        here.add(prompt)
            for prompt in sorted(here):
                yield from self._whole[prompt]


def leaks(texts: Sequence[str], held_out: HeldOut, cover: Cover | None) -> dict[tuple[str, str], float]:
    """(source, id) of each problem that the texts of one training row hold, or cover where covering says anything: the
    share of its words, 1 of what is held."""
    covered = {(one.source, one.id): one.share for one in cover.overlaps(texts)} if cover is not None else {}
    return covered | dict.fromkeys(held_out.held_by(texts), 1.0)


def given(row: Mapping[str, Any]) -> list[str]:
    """The texts of a row's messages but the assistant's."""
    messages = row.get("messages")
    return [
        str(message["content"])
        for message in (messages if isinstance(messages, Sequence) else ())
        if isinstance(message, Mapping) and message.get("role") != "assistant" and message.get("content")
    ]
