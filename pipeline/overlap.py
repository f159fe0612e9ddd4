"""Held-out problems that stand among the examples of SFT: by normalised containment.

    words      NFKC, case folded; runs of letters and digits, every other sign by itself, blanks nowhere
    contained  the words of a problem's prompt (its user messages) stand in one run in what an example's model is given
               (its messages but the assistant's, each by itself)

A prompt of fewer than `SHORT` words is one that other questions hold by chance ("What is 1 + 1?" in "What is 1 + 1?
And what is ..."): it must be the whole message. What the assistant writes is not searched: an answer may quote
anything. Nor is a paraphrase found.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from temper.verifiers.problem import Problem

SHORT = 8
"""Words."""
_WORD = re.compile(r"\w+|[^\w\s]")

Words = tuple[str, ...]


def words(text: str) -> Words:
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def asked(problem: Problem) -> str:
    """What the users of a prompt say."""
    return "\n".join(str(message.get("content") or "") for message in problem.messages() if message["role"] == "user")


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
        for text in given(row):
            said = words(text)
            here = {said} & self._whole.keys()
            for place in range(len(said) - SHORT + 1):
                for prompt in self._beginnings.get(said[place : place + SHORT], ()):
                    if said[place : place + len(prompt)] == prompt:
                        here.add(prompt)
            for prompt in sorted(here):
                yield from self._whole[prompt]


def given(row: Mapping[str, Any]) -> list[str]:
    """The texts of a row's messages but the assistant's."""
    messages = row.get("messages")
    return [
        str(message["content"])
        for message in (messages if isinstance(messages, Sequence) else ())
        if isinstance(message, Mapping) and message.get("role") != "assistant" and message.get("content")
    ]
