"""One chat template for every stage: ChatML turns, Hermes tools, think blocks (arXiv 2605.31268 and the model cards).

Both variants are the same Jinja behind a first line that names the variant. Instruct text never holds think tokens.
The generation prompt forces no `<think>`; the Thinking model writes it itself.
"""

from functools import cache
from importlib import resources
from typing import Any, Literal

Variant = Literal["instruct", "thinking"]

END_OF_TURN = "<|im_end|>"
PAD = "<|endoftext|>"

SPECIAL_TOKENS: tuple[str, ...] = tuple(
    {
        0: PAD,
        8: "<fim_prefix>",
        9: "<fim_middle>",
        10: "<fim_suffix>",
        23: "<think>",
        24: "</think>",
        27: "<|im_start|>",
        28: END_OF_TURN,
        29: "<tool_call>",
        30: "</tool_call>",
        31: "<tool_response>",
        32: "</tool_response>",
    }.get(i, f"<|reserved_{i}|>")
    for i in range(33)
)
"""The released tokenizer's ids (Mellum 2 `config.json`); the ids in between are reserved."""


@cache
def template(variant: Variant) -> str:
    """The Jinja text that a checkpoint of `variant` carries."""
    body = (resources.files("temper.policy") / "chat.jinja").read_text(encoding="utf-8")
    return f"{{%- set variant = '{variant}' -%}}\n{body}"


def prompt_ids(tokenizer: Any, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None) -> list[int]:
    """Token ids of a prompt up to and with the generation prompt."""
    ids: list[int] = tokenizer.apply_chat_template(
        messages, tools=tools, add_generation_prompt=True, tokenize=True, return_dict=False
    )
    return ids


def dress(tokenizer: Any, variant: Variant) -> Any:
    """Gives a base's tokenizer the template of `variant` and its end of turn. Raises ValueError if it lacks tokens."""
    wanted = ["<|im_start|>", END_OF_TURN, *(["<think>", "</think>"] if variant == "thinking" else [])]
    known = tokenizer.get_vocab()
    if missing := [token for token in wanted if token not in known]:
        raise ValueError(f"tokenizer: lacks {missing}, which the {variant} chat template needs; use another base")
    tokenizer.chat_template = template(variant)
    tokenizer.eos_token = END_OF_TURN
    if tokenizer.pad_token is None or tokenizer.pad_token == END_OF_TURN:
        tokenizer.pad_token = PAD
    return tokenizer
