"""Conversations to tokens under a tokenizer's chat template, alike for training and for prompts.

The text is one, and is encoded as one (`encoding`): its pieces are what the assistant writes (the template's generation
marks) and what it reads. Where a token would lie across the place at which the assistant begins to write, the text is
cut there, in training as in the prompts of later turns, so that a prompt's tokens are those that training saw.

What a row says never becomes a control token: a `<|im_end|>` inside a content, a call's arguments or a tool's signature
is cut after its first character, so that no encoded text holds it whole: it is spelt out in ordinary tokens and cannot
forge a turn. Control tokens are the tokenizer's special ones and those of our template (some tokenizers do not call
`<think>` special); other added tokens, as runs of blanks, are text.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from temper.policy.encoding import PartEncoder
from temper.policy.special_tokens import SPECIAL_TOKENS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Message = Mapping[str, Any]

_CUTS = tuple(map(chr, range(0xFDD0, 0xFDF0)))
"""Noncharacters of Unicode, which text that is exchanged does not hold; the first that a row lacks marks its cuts."""


@dataclass(frozen=True)
class Piece:
    """A part of a rendered conversation that is all the assistant's, or all not."""

    text: str
    turn: int | None
    """The assistant's turn that writes it, counted from 0; None for what the assistant does not write."""
    cut: bool = False
    """Begins inside what a row says, at a cut that hides a control token."""


class Renderer:
    """One tokenizer and its chat template; what every row needs is looked up once."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self.tokenizer = tokenizer
        self._template: str = tokenizer.get_chat_template()
        self._names = dict(tokenizer.special_tokens_map)
        self._forged = forged(tokenizer)
        self._encoder = PartEncoder(tokenizer)

    def prompt_ids(self, messages: Sequence[Message], tools: Sequence[Any] | None = None) -> list[int]:
        """Token ids of a prompt up to and with the generation prompt."""
        return [token for ids in self.tokens(self.pieces(messages, tools, prompt=True)) for token in ids]

    def plain(self, text: str) -> list[Piece]:
        """A text that stands in no conversation, in pieces of which none is a control token."""
        borders = [0, *(found.end() for found in self._forged.finditer(text)), len(text)]
        pairs = zip(borders, borders[1:], strict=False)
        return [Piece(text[start:end], None, cut=start > 0) for start, end in pairs if start < end]

    def tokens(self, pieces: Sequence[Piece]) -> list[list[int]]:
        """Token ids of each piece."""
        return self._encoder.ids([piece.text for piece in pieces], [i for i, piece in enumerate(pieces) if piece.cut])

    def pieces(
        self, messages: Sequence[Message], tools: Sequence[Any] | None = None, prompt: bool = False
    ) -> list[Piece]:
        """The conversation in pieces that make up its text; `prompt` ends it in the generation prompt."""
        cut = ""
        if any(map(self._forged.search, _texts([messages, tools]))):
            whole = "".join(_texts([messages, tools]))
            # A row that held all 32 noncharacters would end here; none is in any text that is exchanged.
            cut = next(mark for mark in _CUTS if mark not in whole)
            messages, tools = _mapped([messages, tools], lambda text: self._forged.sub(rf"\g<0>{cut}", text))
        text, spans = self._rendered(messages, tools, prompt)
        pieces, position = [], 0
        for turn, (start, end) in enumerate(spans):
            written = text[start:end].rstrip()  # some templates mark the line break behind the end of turn as well
            pieces += [Piece(text[position:start], None), Piece(written, turn)]
            position = start + len(written)
        pieces.append(Piece(text[position:], None))
        if cut:
            pieces = [
                Piece(part, piece.turn, cut=bool(place))
                for piece in pieces
                for place, part in enumerate(piece.text.split(cut))
            ]
        return [piece for piece in pieces if piece.text]

    def _rendered(
        self, messages: Sequence[Message], tools: Sequence[Any] | None, prompt: bool
    ) -> tuple[str, Sequence[tuple[int, int]]]:
        """The text, and the bounds of what the assistant writes in it (none under a template without marks)."""
        from transformers.utils.chat_template_utils import render_jinja_template

        texts, spans = render_jinja_template(
            conversations=[list(messages)],
            tools=list(tools) if tools else None,
            chat_template=self._template,
            return_assistant_tokens_mask=marked(self._template),
            add_generation_prompt=prompt,
            **self._names,
        )
        return texts[0], spans[0] if spans else ()


def marked(chat_template: str) -> bool:
    """Whether a template marks what the assistant writes."""
    return bool(re.search(r"\{%-?\s*generation\s*-?%\}", chat_template))


def control_tokens(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    """Tokens that steer a conversation, which no content may become."""
    added = tokenizer.added_tokens_decoder.values()
    return [token.content for token in added if token.special or token.content in SPECIAL_TOKENS]


def forged(tokenizer: "PreTrainedTokenizerBase") -> re.Pattern[str]:
    """The first character of each control token that a text spells; behind it the text is cut."""
    tokens = "|".join(map(re.escape, control_tokens(tokenizer))) or "(?!)"
    return re.compile(f"(?={tokens}).", re.DOTALL)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The JSON value with every text of it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(key): _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value
