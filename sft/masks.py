"""Which tokens are trained (arXiv 2605.31268, section 3).

Instruct: reasoning is discarded, every assistant turn carries loss, its end token included. Thinking: the last
assistant turn and its reasoning; a conversation unfolds into a sample for each of its last `unfold` assistant turns
that have reasoning, and one without any is dropped. Never a loss on a system, user or tool token.

The rendered text is cut where the template's generation marks stand and each piece is tokenized by itself, so the
prompt's tokens are those that inference will see, whatever the content begins with.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from temper.policy.chat import Variant
from temper.sft.examples import Example, Turn


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
    return [example.messages[: end + 1] for end in ends[-unfold:]]


def render(tokenizer: Any, turns: Iterable[Turn], tools: tuple[dict[str, Any], ...], variant: Variant) -> Sample:
    """The sample of one target conversation under the tokenizer's own chat template."""
    from transformers.utils.chat_template_utils import render_jinja_template

    rendered, spans = render_jinja_template(
        conversations=[[turn.model_dump(exclude_defaults=False) for turn in turns]],
        tools=list(tools) or None,
        chat_template=tokenizer.chat_template,
        return_assistant_tokens_mask=True,
        **tokenizer.special_tokens_map,
    )
    text, marks = rendered[0], sorted(spans[0])
    if not marks:
        raise ValueError("chat template: no generation marks; use a template with {% generation %} blocks")
    tokens: list[int] = []
    trained: list[bool] = []
    position = 0
    for index, (start, end) in enumerate(marks):
        wanted = variant == "instruct" or index == len(marks) - 1
        for piece, mark in ((text[position:start], False), (text[start:end], wanted)):
            ids = tokenizer(piece, add_special_tokens=False)["input_ids"] if piece else []
            tokens += ids
            trained += [mark] * len(ids)
        position = end
    # What follows the last trained turn teaches nothing and would only fill the pack.
    return Sample(tuple(tokens), tuple(trained))


def samples(
    tokenizer: Any, examples: Iterable[Example], variant: Variant, unfold: int
) -> tuple[list[Sample], dict[str, int]]:
    """All samples in order, and how many examples were dropped by reason."""
    kept: list[Sample] = []
    dropped = {"without_reasoning": 0}
    for example in examples:
        conversations = targets(example, variant, unfold)
        dropped["without_reasoning"] += not conversations
        kept += [render(tokenizer, turns, example.tools, variant) for turns in conversations]
    return kept, dropped
