from pathlib import Path
from typing import Any

import pytest

from temper.policy.chat import SPECIAL_TOKENS, Variant, dress, template
from temper.policy.checkpoint import load_tokenizer
from temper.policy.rendering import Renderer

USER = {"role": "user", "content": "2 + 2?"}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {}}}


def rendered(messages: list[dict[str, Any]], variant: Variant, **options: Any) -> str:
    from transformers.utils.chat_template_utils import render_jinja_template

    text, _ = render_jinja_template(conversations=[messages], chat_template=template(variant), **options)
    return str(text[0])


@pytest.mark.parametrize("variant", ["instruct", "thinking"])
def test_a_plain_turn_renders_byte_for_byte(variant: Variant) -> None:
    text = rendered([USER, {"role": "assistant", "content": "4"}], variant)
    assert text == "<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n"


@pytest.mark.parametrize("variant", ["instruct", "thinking"])
def test_the_generation_prompt_forces_no_think_block(variant: Variant) -> None:
    text = rendered([{"role": "system", "content": "Be brief."}, USER], variant, add_generation_prompt=True)
    assert text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_reasoning_stands_before_the_answer_of_the_last_exchange_only() -> None:
    messages = [
        USER,
        {"role": "assistant", "content": "4", "reasoning": "old"},
        {"role": "user", "content": "sure?"},
        {"role": "assistant", "content": "yes", "reasoning": "new\n"},
    ]
    assert rendered(messages, "thinking") == (
        "<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n"
        "<|im_start|>user\nsure?<|im_end|>\n<|im_start|>assistant\n<think>\nnew\n</think>\n\nyes<|im_end|>\n"
    )
    assert "<think>" not in rendered(messages, "instruct")


def test_an_empty_think_block_exists_for_the_thinking_model_only() -> None:
    asked = {"add_generation_prompt": True, "enable_thinking": False}
    assert rendered([USER], "thinking", **asked).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert rendered([USER], "instruct", **asked).endswith("<|im_start|>assistant\n")


def test_tools_calls_and_merged_results_render_as_hermes() -> None:
    messages: list[dict[str, Any]] = [
        USER,
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"name": "add", "arguments": {"a": 2}},
                {"function": {"name": "add", "arguments": {"é": 1}}},
            ],
        },
        {"role": "tool", "content": "4"},
        {"role": "tool", "content": "5"},
        {"role": "assistant", "content": "4 and 5"},
    ]
    text = rendered(messages, "instruct", tools=[TOOL])
    assert "<tools>\n" + '{"type": "function", "function": {"name": "add", "parameters": {}}}\n</tools>' in text
    assert text.endswith(
        '<|im_start|>assistant\n<tool_call>\n{"name": "add", "arguments": {"a": 2}}\n</tool_call>\n'
        '<tool_call>\n{"name": "add", "arguments": {"é": 1}}\n</tool_call><|im_end|>\n'
        "<|im_start|>user\n<tool_response>\n4\n</tool_response>\n<tool_response>\n5\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n4 and 5<|im_end|>\n"
    )


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(Exception, match="role critic at index 1"):
        rendered([USER, {"role": "critic", "content": "x"}], "instruct")


def test_the_special_tokens_stand_at_the_released_ids(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(tiny_base)
    wanted = {"<|endoftext|>": 0, "<think>": 23, "</think>": 24, "<|im_start|>": 27, "<|im_end|>": 28}
    wanted |= {"<tool_call>": 29, "</tool_call>": 30, "<tool_response>": 31, "</tool_response>": 32}
    assert {token: tokenizer.convert_tokens_to_ids(token) for token in wanted} == wanted
    assert len(SPECIAL_TOKENS) == 33


def test_the_tokenizer_gives_back_any_text(tiny_base: Path) -> None:
    text = "17 + 25 = 42\n\tdéjà vu 你好 \x00 <not special>"
    tokenizer = load_tokenizer(tiny_base)
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_tokenizer_without_think_tokens_is_refused(tiny_base: Path) -> None:
    class Bare:
        def get_vocab(self) -> dict[str, int]:
            return {"<|im_start|>": 1, "<|im_end|>": 2}

    with pytest.raises(ValueError, match="lacks .'<think>', '</think>'."):
        dress(Bare(), "thinking")
    dressed = dress(load_tokenizer(tiny_base), "thinking")
    assert Renderer(dressed).prompt_ids([USER])[-3:] == dressed("<|im_start|>assistant\n")["input_ids"][-3:]
