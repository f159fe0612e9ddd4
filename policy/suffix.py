"""The canonical suffix: what a chat template puts behind a turn that called, up to where the next turn begins.

A rollout that calls goes on from the tokens that were sampled, which are never encoded again. What follows them is the
text behind the assistant's turn of a rendered conversation: the separator, the results, and the beginning of the next
turn. It is encoded by itself, and what a result says never becomes a control token (`rendering`). Results that follow
each other are given to the template together, so that it makes one turn of them where it does so.

That holds as long as the suffix is the same whatever stands before it, and as long as the template, given the longer
conversation, still writes all that stood there. Both are tried when a template is taken, and refused with the reason:
one that drops the reasoning of earlier turns of a tool cycle, or that numbers its calls.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from temper.policy.rendering import Message, Piece, Renderer

SAID = "\ue000said\ue000"
"""Stands for what the assistant writes; from a private area of Unicode, so that no template says it."""
NAME = "call"
CALL_ID = "call00000"
MOST_LETTERS = 32
"""Nine letters and digits, which is what the strictest templates ask for."""


@dataclass(frozen=True)
class Result:
    """What one call came to, as the model reads it."""

    name: str
    text: str


Results = Sequence[Result]


class Suffixes:
    """Those of one tokenizer and its template. Raises ValueError for a template that has none."""

    def __init__(self, renderer: Renderer, ends: Collection[int]) -> None:
        """`ends`: the ids in which a turn of the assistant may end."""
        self.renderer = renderer
        self.ends = frozenset(ends)
        convert = renderer.tokenizer.convert_ids_to_tokens
        self._end_texts = [str(convert(token)) for token in sorted(self.ends)]
        self._with_calls = True
        if self._raises():
            # Some take one call a turn only, or none that no tool is declared for: then the turn is plain text.
            self._with_calls = False
            if said := self._raises():
                raise ValueError(f"chat template: takes no result of a call ({said}); use a template with tools")
        self._refuse_dependent()

    def ids(self, results: Results, stop: int) -> tuple[int, ...]:
        """Token ids behind a completion that ended in the token `stop`, its results in the order of the calls."""
        end, pieces = self._behind([{"role": "user", "content": "?"}], results)
        coded = self.renderer.tokens([Piece("", None), *_cut_first(pieces)])
        ids = tuple(token for part in coded for token in part)
        # Where sampling stops at another token than the template's end of turn, the turn is still to be closed.
        return ids if stop in self.ends else (self._id(end), *ids)

    def text(self, results: Results) -> str:
        """The same in letters."""
        return "".join(piece.text for piece in self._behind([{"role": "user", "content": "?"}], results)[1])

    def shortened(self, text: str, most: int) -> str:
        """A result of at most `most` tokens, about: of a longer one head and tail, and how much is left out."""
        # No token has more letters than so many: what is longer by far is not encoded whole.
        if len(text) > (cap := most * MOST_LETTERS):
            text = _cut(text, cap)
        found = self.renderer.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        kept = most
        while len(found) > most and kept > 16:
            # Letters a token differ from text to text: the share is taken of what this one has.
            kept = int(kept * 0.9)
            text = _cut(text, max(1, len(text) * kept // len(found)))
            found = self.renderer.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return text

    def canonical(self, text: str, tokens: Sequence[int]) -> bool:
        """Whether these are the tokens that the tokenizer gives to a completion's text, stop token left out."""
        coded = self.renderer.tokens([Piece("", None), Piece(text, None, cut=True)])
        return [token for part in coded for token in part] == list(tokens)

    def refuse_row(self, messages: Sequence[Message], tools: Sequence[object] | None) -> None:
        """Raises ValueError for a prompt that cannot be continued: the longer conversation does not begin with it."""
        told = self._written(messages, tools, 0)
        # The prompt, a turn that calls by itself, the turn with its results, and the same once more.
        for turns in (0.5, 1, 1.5, 2):
            longer = self._written(messages, tools, turns)
            if not longer.startswith(told):
                at = next((i for i, (a, b) in enumerate(zip(told, longer, strict=False)) if a != b), len(longer))
                raise ValueError(
                    f"prompt: the chat template writes other text before a call's result at character {at}: "
                    f"{longer[max(0, at - 20) : at + 20]!r}, not {told[max(0, at - 20) : at + 20]!r}; "
                    "a rollout cannot go on from it, leave the row out or take another template"
                )
            told = longer

    def _written(self, messages: Sequence[Message], tools: Sequence[object] | None, turns: float) -> str:
        """The conversation after so many turns with their results; after a half one up to the end of the turn."""
        whole, half = list(messages), bool(turns % 1)
        for turn in range(int(turns + 0.5)):
            cycle = list(self._cycle(f"{SAID}{turn}", RESULTS))
            whole += cycle[:1] if half and turn == int(turns) else cycle
        text = "".join(piece.text for piece in self.renderer.pieces(whole, tools, prompt=not half))
        if not half:
            return text
        # Behind the end of turn some write a line break that stands before a result as well, some do not.
        ends = [text.rindex(end) + len(end) for end in self._end_texts if end in text]
        return text[: max(ends, default=len(text))]

    def _cycle(self, said: str, results: Results, reasoning: str = "why") -> Iterator[Message]:
        """A turn of the assistant that calls, and its results."""
        thought = {"reasoning": reasoning, "reasoning_content": reasoning} if reasoning else {}
        if self._with_calls:
            calls = [
                {
                    "id": CALL_ID,
                    "type": "function",
                    "function": {"name": result.name, "arguments": {"x": said} if i == 0 else {}},
                }
                for i, result in enumerate(results)
            ]
            yield {"role": "assistant", "content": "", "tool_calls": calls, **thought}
        else:
            yield {"role": "assistant", "content": said, **thought}
        for result in results:
            yield {"role": "tool", "name": result.name, "tool_call_id": CALL_ID, "content": result.text}

    def _raises(self) -> str:
        """What the template says against one result or two; empty where it takes them."""
        try:
            for results in (RESULTS[:1], RESULTS):
                self.text(results)
        except Exception as error:  # a template is a program: whatever it raises, it does not take this
            return " ".join(str(error).split())[:200] or type(error).__name__
        return ""

    def _refuse_dependent(self) -> None:
        """Raises ValueError when what stands before a turn, or in it, changes what stands behind it."""
        wanted = self.text(RESULTS)
        for before, reasoning in _SURROUNDINGS:
            _, pieces = self._behind(before, RESULTS, reasoning)
            found = "".join(piece.text for piece in pieces)
            if found != wanted:
                raise ValueError(
                    "chat template: what it writes behind a turn depends on what stands before it: "
                    f"{found[:120]!r}, not {wanted[:120]!r}; turns need a template whose suffix is the same everywhere"
                )
        try:
            for before, _ in _SURROUNDINGS:
                self.refuse_row(before, None)
        except ValueError as error:
            raise ValueError(f"chat template: it changes the earlier turns of a tool cycle ({error})") from error

    def _behind(self, before: Sequence[Message], results: Results, reasoning: str = "why") -> tuple[str, list[Piece]]:
        """(the end of turn that the template writes, the pieces behind it)."""
        pieces = self.renderer.pieces([*before, *self._cycle(SAID, results, reasoning)], prompt=True)
        said = ends = False
        end, found = "", list[Piece]()
        for piece in pieces:
            rest = piece.text
            if ends:
                found.append(piece)
                continue
            if not said:
                said, rest = SAID in rest, rest.partition(SAID)[2]
            if said and (first := self._first_end(rest)):
                ends, end = True, first
                if behind := rest.partition(first)[2]:
                    found.append(Piece(behind, None))
        if not ends:
            raise ValueError(f"the assistant's turn does not end in {' or '.join(map(repr, self._end_texts))}")
        return end, found

    def _first_end(self, text: str) -> str:
        places = {text.find(end): end for end in self._end_texts if end in text}
        return places[min(places)] if places else ""

    def _id(self, token: str) -> int:
        found = self.renderer.tokenizer.convert_tokens_to_ids(token)
        assert isinstance(found, int)
        return found


RESULTS = (Result(NAME, "one"), Result(NAME, "two"))
_USER: Message = {"role": "user", "content": "hello"}
_SURROUNDINGS: tuple[tuple[Sequence[Message], str], ...] = (
    ([{"role": "system", "content": "be kind"}, _USER], "why"),
    ([_USER, {"role": "assistant", "content": "hi"}, {"role": "user", "content": "and?"}], "why"),
    ([{"role": "user", "content": "a longer one\nof two lines"}], "because"),
)
"""What stands before a turn, and what it reasons."""


def _cut(text: str, letters: int) -> str:
    """Head and tail, and how much is left out between them."""
    half = max(1, letters // 2)
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _cut_first(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, the first one encoded as what goes on in the middle of a text."""
    return [Piece(piece.text, piece.turn, cut=piece.cut or i == 0) for i, piece in enumerate(pieces)]
