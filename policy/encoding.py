"""A text in parts to token ids, part by part, as one encoding of the whole text would have them.

Encoded by themselves, parts would begin as texts begin: SentencePiece tokenizers put a blank before each, WordPiece a
whole word, and no id would be what the model sees elsewhere. So the whole is encoded at once and its tokens are dealt
out to the parts. Only where a token lies across a border, or the caller asks for a cut, is the text encoded in two;
what follows such a cut goes on in the middle of a text, and is encoded so.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import BatchEncoding, PreTrainedTokenizerBase

ANCHOR = "\n"
"""Stands before what goes on in the middle of a text, and is taken off again."""


class PartEncoder:
    """Encodes with one tokenizer; special tokens are what the text spells, none is added."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self.tokenizer = tokenizer

    def ids(self, parts: Sequence[str], cuts: Sequence[int] = ()) -> list[list[int]]:
        """Token ids of each part. `cuts` are the indices of the parts before which the text is cut whatever the
        tokenizer does: what a border hides from it stays hidden."""
        borders = [0, *sorted(set(cuts) - {0}), len(parts)]
        found: list[list[int]] = []
        for start, end in zip(borders, borders[1:], strict=False):
            found += self._together(parts[start:end], begins=start == 0)
        return found

    def _together(self, parts: Sequence[str], begins: bool) -> list[list[int]]:
        """Of parts without a cut between them."""
        if not parts:
            return []
        anchor = "" if begins or self._begins_as_it_goes_on else ANCHOR
        encoded = self.tokenizer(anchor + "".join(parts), add_special_tokens=False, verbose=False)
        starts: list[int] = []
        position = len(anchor)
        for index, part in enumerate(parts):
            start = self._token_at(encoded, position) if part else (starts[-1] if starts else 0)
            if start is None:
                return self._around(parts, index, begins)
            starts.append(start)
            position += len(part)
        ids: list[int] = encoded["input_ids"]
        ends = [*starts[1:], len(ids)]
        return [ids[start:end] for start, end in zip(starts, ends, strict=True)]

    def _around(self, parts: Sequence[str], index: int, begins: bool) -> list[list[int]]:
        """Cut before the part at `index`, in which no token begins; at the first one the anchor has failed."""
        if index:
            return self._together(parts[:index], begins) + self._together(parts[index:], begins=False)
        alone = [self.tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"] for part in parts]
        return [list(ids) for ids in alone]

    def _token_at(self, encoded: "BatchEncoding", position: int) -> int | None:
        """The token that begins at a character; None where none does, or the tokenizer cannot tell."""
        if position == 0:
            return 0
        if not encoded.is_fast:
            return None
        token: int | None = encoded.char_to_token(position)
        if token is None or encoded.token_to_chars(token).start != position:
            return None
        # The bytes of one character may be several tokens: the first of them begins it.
        while token and encoded.token_to_chars(token - 1) == encoded.token_to_chars(token):
            token -= 1
        return token

    @cached_property
    def _begins_as_it_goes_on(self) -> bool:
        """Whether a text begins with the tokens that it would have in the middle of another one."""
        both, anchor, word = (
            list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
            for text in (f"{ANCHOR}word", ANCHOR, "word")
        )
        return both == anchor + word
