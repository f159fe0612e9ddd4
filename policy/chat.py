"""One chat template for every stage: ChatML turns, Hermes tools, think blocks (arXiv 2605.31268 and the model cards).

Both variants are the same Jinja behind a first line that names the variant. Instruct text never holds think tokens.
The generation prompt forces no `<think>`; the Thinking model writes it itself. Reasoning is kept in the turns after the
last real user message (one that only brings tool responses is none).

A base that brings a template of its own may keep it (`sft.template: base`) if it marks what the assistant writes, end
of turn included. A checkpoint that carries a template has its hash beside it; whoever loads the tokenizer compares.
"""

import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from temper.policy.rendering import Renderer, control_tokens, marked
from temper.policy.special_tokens import END_OF_TURN, PAD

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Variant = Literal["instruct", "thinking"]
Template = Literal["ours", "base"]

STAMP = "chat_template.sha256.json"
"""Beside a checkpoint: the hash of the chat template that it was trained with."""


@cache
def template(variant: Variant) -> str:
    """The Jinja text that a checkpoint of `variant` carries."""
    body = (resources.files("temper.policy") / "chat.jinja").read_text(encoding="utf-8")
    return f"{{%- set variant = '{variant}' -%}}\n{body}"


def dress(
    tokenizer: "PreTrainedTokenizerBase", variant: Variant, which: Template = "ours"
) -> "PreTrainedTokenizerBase":
    """Gives a base's tokenizer the template of `variant`, or leaves it its own, and the end of turn that goes with it.
    Raises ValueError if it lacks tokens or its template does not say what the assistant writes."""
    if which == "base":
        tokenizer.eos_token = _own_end_of_turn(tokenizer)
    else:
        wanted = ["<|im_start|>", END_OF_TURN, *(["<think>", "</think>"] if variant == "thinking" else [])]
        known = tokenizer.get_vocab()
        if missing := [token for token in wanted if token not in known]:
            raise ValueError(
                f"tokenizer: lacks {missing}, which the {variant} chat template needs; "
                "set base.add_tokens: true, or use another base"
            )
        tokenizer.chat_template = template(variant)
        tokenizer.eos_token = END_OF_TURN
    if tokenizer.pad_token is None or tokenizer.pad_token == tokenizer.eos_token:
        # Padding is masked everywhere, so any token serves; one that the vocabulary lacks would have no embedding.
        tokenizer.pad_token = PAD if PAD in tokenizer.get_vocab() else tokenizer.eos_token
    return tokenizer


def _own_end_of_turn(tokenizer: "PreTrainedTokenizerBase") -> str:
    """The special token in which a turn of the assistant ends under the base's own template."""
    remedy = (
        "set sft.template: ours, or put {% generation %} around the assistant's turns, end token included, "
        "in the base's template (trl.chat_template_utils.get_training_chat_template has many so marked)"
    )
    own = tokenizer.chat_template
    if not isinstance(own, str):
        raise ValueError(f"sft.template: the base must have one chat template, got {own!r:.80}; set sft.template: ours")
    if not marked(own):
        raise ValueError(f"sft.template: the base's does not mark what the assistant writes, got 'base'; {remedy}")
    turns = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello."}]
    written = [piece.text for piece in Renderer(tokenizer).pieces(turns) if piece.turn is not None]
    for token in control_tokens(tokenizer):
        if written and written[-1].rstrip().endswith(token):
            return token
    raise ValueError(f"sft.template: the base's marks leave out the end of turn, got {written[-1:]}; {remedy}")


def template_hash(tokenizer: "PreTrainedTokenizerBase") -> str:
    """SHA-256 of the chat template that a tokenizer carries."""
    return _hash(str(tokenizer.chat_template))


def _hash(chat_template: str) -> str:
    """Saving and loading may change the line ends, which are therefore left out."""
    return hashlib.sha256(chat_template.replace("\r\n", "\n").encode()).hexdigest()


def stamp(tokenizer: "PreTrainedTokenizerBase", folder: Path) -> None:
    """Writes the template's hash to a checkpoint's folder; nothing for a tokenizer without a template."""
    if tokenizer.chat_template:
        (folder / STAMP).write_text(json.dumps({"sha256": template_hash(tokenizer)}) + "\n")


def check_stamp(chat_template: str | None, folder: Path) -> None:
    """Raises ValueError when the template that a checkpoint carries is not the one that it was stamped with; one
    without a stamp (a base, another trainer's) passes."""
    path = folder / STAMP
    if not path.is_file():
        return
    trained, carried = json.loads(path.read_text())["sha256"], _hash(str(chat_template))
    if trained != carried:
        raise ValueError(
            f"{folder}: chat template: trained with {trained}, got {carried}; put back the template it was trained "
            f"with, or run sft again (delete {STAMP} only if the change is meant)"
        )
