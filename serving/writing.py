"""Tokens to the text that may be shown of them: no half character, nothing that a stop text may still take back.

What is told in parts is, put together, what the tokenizer makes of all tokens at once, which is what an engine's
completion says and what verifiers judge.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from temper.rlvr.engines.sampled import Likeliest
from temper.rlvr.rollout import StopReason
from temper.serving.service import News

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

UNSURE = "\ufffd"
"""What a decoder writes for bytes that are no character, or not yet."""
MOST_UNSURE = 3
"""Bytes of a character that its last one makes whole."""
_BYTE = re.compile("<0x[0-9A-F]{2}>")
WINDOW = 256
"""Tokens after which a text that never comes to a whole character is not looked at again from there."""


class Decoder:
    """Of one completion, token by token, in a window behind the last place at which a character ended."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self.tokenizer = tokenizer
        self.tokens: list[int] = []
        self.text = ""
        """All that was given."""
        self._start, self._behind, self._shown = 0, 0, 0

    def add(self, token: int) -> str:
        self.tokens.append(token)
        held = len(self.tokens) - self._start <= WINDOW
        # Bytes that a tokenizer falls back on are one text with those behind them, and no text where one is wrong.
        if held and _BYTE.fullmatch(str(self.tokenizer.convert_ids_to_tokens(token))):
            return ""
        text = self._decoded(self.tokens[self._start :])
        unsure = min(len(text) - len(text.rstrip(UNSURE)), MOST_UNSURE)
        piece = text[self._shown : len(text) - unsure]
        self._shown += len(piece)
        if not (held and text.endswith(UNSURE)):
            # The tokens of the last whole part stay: what follows them may begin with a blank that a first token loses.
            self._start, self._behind = self._behind, len(self.tokens)
            self._shown = len(self._decoded(self.tokens[self._start :]))
        self.text += piece
        return piece

    def rest(self) -> str:
        """What still lacks at the end."""
        whole = self._decoded(self.tokens)
        piece = whole[len(self.text) :] if whole.startswith(self.text) else ""
        self.text += piece
        return piece

    def _decoded(self, tokens: Sequence[int]) -> str:
        text = self.tokenizer.decode(tokens, skip_special_tokens=False)
        assert isinstance(text, str)
        return text


class Writing:
    """One completion as it is read: its text up to the first stop text, and the tokens of that."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", stops: Sequence[str] = ()) -> None:
        self.decoder, self.stops = Decoder(tokenizer), stops
        self.tokens: list[int] = []
        """Those that have a text: the one that ends a completion is none of them."""
        self.logprobs: list[float] = []
        self.likeliest: list[Likeliest] = []
        self.offsets: list[int] = []
        """Where in the text each token begins."""
        self.sampled = 0
        """Tokens, the one that ends included."""
        self.end: StopReason | None = None
        self._held = ""

    def take(self, news: News) -> str:
        """The text that is certain by now."""
        if self.end is not None:
            return ""
        told = news.likeliest or ((),) * len(news.tokens)
        last = len(news.tokens) - 1
        for place, (token, logprob, likeliest) in enumerate(zip(news.tokens, news.logprobs, told, strict=True)):
            self.sampled += 1
            if news.end == "stop" and place == last:
                break
            self.offsets.append(len(self.decoder.text))
            self.tokens.append(token)
            self.logprobs.append(logprob)
            self.likeliest.append(likeliest)
            self._held += self.decoder.add(token)
            if (at := self._stop()) is not None:
                return self._ended("stop", at)
        if news.end is not None:
            self._held += self.decoder.rest()
            at = self._stop()
            return self._ended(news.end if at is None else "stop", at)
        certain = len(self._held) - beginning(self._held, self.stops)
        piece, self._held = self._held[:certain], self._held[certain:]
        return piece

    def _stop(self) -> int | None:
        """Where the first stop text begins in what is held."""
        return min((at for stop in self.stops if (at := self._held.find(stop)) >= 0), default=None)

    def _ended(self, end: StopReason, at: int | None) -> str:
        self.end = end
        piece, self._held = self._held[:at], ""
        return piece


def beginning(text: str, markers: Sequence[str]) -> int:
    """Characters at a text's end with which one of the markers may begin."""
    longest = max(map(len, markers), default=1) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(len(marker) > length and marker.startswith(text[-length:]) for marker in markers):
            return length
    return 0
