"""Which tokens are trained (arXiv 2605.31268, section 3).

Instruct: reasoning is discarded, every assistant turn carries loss, its end token included. Thinking: the last
assistant turn and its reasoning; a conversation unfolds into a sample for each of its last `unfold` assistant turns
that have reasoning, and one without any is dropped. Never a loss on a system, user or tool token.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from temper.policy.chat import Variant
from temper.policy.rendering import Piece, Renderer
from temper.sft.examples import Dropped, Example, RowError, Turn


@dataclass(frozen=True)
class Sample:
    """One document: its token ids, and for each whether it is trained."""

    tokens: tuple[int, ...]
    trained: tuple[bool, ...]


def targets(example: Example, variant: Variant, unfold: int) -> list[tuple[Turn, ...]]:
    """The conversations that an example is trained as, each ending in its (last) trained turn; none drops it."""
    if variant == "instruct":
        return [tuple(turn.model_copy(update={"reasoning": ""}) for turn in example.messages)]
    ends = [i for i, turn in enumerate(example.messages) if turn.role == "assistant" and turn.reasoning]
    # The template keeps reasoning after the last user message alone, so each turn with reasoning is a sample's last.
    return [example.messages[: end + 1] for end in ends[-unfold:]]


def render(renderer: Renderer, turns: Sequence[Turn], tools: Sequence[object], variant: Variant, where: str) -> Sample:
    """The sample of one target conversation. Raises RowError where the template leaves out a part of it."""
    pieces = renderer.pieces([turn.as_message() for turn in turns], tools)
    _check_whole(turns, pieces, where)
    last = max(index for index, piece in enumerate(pieces) if piece.turn is not None)
    pieces = pieces[: last + 1]  # what follows the last trained turn teaches nothing and would only fill the pack
    tokens: list[int] = []
    trained: list[bool] = []
    for piece, ids in zip(pieces, renderer.tokens(pieces), strict=True):
        tokens += ids
        # Instruct trains every assistant turn; Thinking the last, whose reasoning the template shows.
        wanted = piece.turn is not None if variant == "instruct" else piece.turn == pieces[-1].turn
        trained += [wanted] * len(ids)
    return Sample(tuple(tokens), tuple(trained))


def _check_whole(turns: Sequence[Turn], pieces: Sequence[Piece], where: str) -> None:
    """Every message's text stands in the rendered text, in order; the last turn's reasoning in what it writes."""
    text, position = "".join(piece.text for piece in pieces), 0
    for index, turn in enumerate(turns):
        for part in (turn.content.strip(), *(call.name for call in turn.tool_calls)):
            found = text.find(part, position)
            if found < 0:
                raise _left_out(f"{where}: messages.{index}", part)
            position = found + len(part)
    written = sum(turn.role == "assistant" for turn in turns)
    if len({piece.turn for piece in pieces} - {None}) != written:
        raise _left_out(where, f"one of {written} assistant turns")
    last = "".join(piece.text for piece in pieces if piece.turn == written - 1)
    if turns[-1].reasoning.strip() not in last:
        raise _left_out(f"{where}: messages.{len(turns) - 1}", turns[-1].reasoning)


def _left_out(where: str, part: str) -> RowError:
    return RowError(
        f"{where}: the chat template leaves out {part!r:.80}; mend the template or set sft.template: ours", "left_out"
    )


def samples(
    renderer: Renderer, examples: Iterable[tuple[str, Example]], variant: Variant, unfold: int, dropped: Dropped
) -> Iterator[Sample]:
    """The samples of (`where`, example) pairs in order, as they are asked for; those left out are counted."""
    for where, example in examples:
        conversations = targets(example, variant, unfold)
        if not conversations:
            dropped.without_reasoning()
        try:
            made = [render(renderer, turns, example.tools, variant, where) for turns in conversations]
        except RowError as error:
            dropped.bad(error)
            continue
        yield from made
