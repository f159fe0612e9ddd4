from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from temper.policy.chat import Variant, dress, stamp, template, template_hash
from temper.policy.checkpoint import load_tokenizer
from temper.policy.rendering import Renderer
from temper.policy.special_tokens import SPECIAL_TOKENS

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


SYSTEM_AND_TOOLS = """<|im_start|>system
Be brief.

# Tools

You may call one or more functions to assist with the user query.

Function signatures, one a line, stand inside <tools></tools>:
<tools>
{"type": "function", "function": {"name": "add", "parameters": {}}}
{"type": "function", "function": {"name": "größe", "parameters": {"<b>": "&'\\""}}}
</tools>

For each call, write a JSON object with its name and arguments inside <tool_call></tool_call>:
<tool_call>
{"name": <function name>, "arguments": <arguments object>}
</tool_call><|im_end|>
"""
TWO_CALLS: list[dict[str, Any]] = [
    USER,
    {
        "role": "assistant",
        "content": "Both at once.",
        "reasoning": "two sums\n",
        "tool_calls": [
            {"name": "add", "arguments": {"a": 2, "b": [1.5, None, True]}},
            {"id": "c2", "type": "function", "function": {"name": "größe", "arguments": '{"é": "<3"}'}},
        ],
    },
    {"role": "tool", "content": "4"},
    {"role": "tool", "content": "5"},
    {"role": "assistant", "content": "4 and 5", "reasoning_content": "read them"},
    {"role": "user", "content": "Thanks 👍\u2028你好"},
    {"role": "assistant", "content": "  \u200dWelcome\n", "reasoning": "polite"},
]
CALLS = """Both at once.
<tool_call>
{"name": "add", "arguments": {"a": 2, "b": [1.5, null, true]}}
</tool_call>
<tool_call>
{"name": "größe", "arguments": {"é": "<3"}}
</tool_call><|im_end|>
<|im_start|>user
<tool_response>
4
</tool_response>
<tool_response>
5
</tool_response><|im_end|>
"""
OTHER_TOOL = {"type": "function", "function": {"name": "größe", "parameters": {"<b>": "&'\""}}}


def opened(*exchanges: str) -> str:
    return "<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n" + "<|im_start|>assistant\n".join(exchanges)


@pytest.mark.parametrize(
    ("variant", "messages", "tools", "expected"),
    [
        (  # the system message opens the block of the tools
            "instruct",
            [{"role": "system", "content": "Be brief."}, USER, {"role": "assistant", "content": "4"}],
            [TOOL, OTHER_TOOL],
            SYSTEM_AND_TOOLS + opened("4<|im_end|>\n"),
        ),
        (  # no system message of its own
            "thinking",
            [USER, {"role": "assistant", "content": "4"}],
            [TOOL, OTHER_TOOL],
            SYSTEM_AND_TOOLS.replace("Be brief.\n\n", "") + opened("4<|im_end|>\n"),
        ),
        (  # a call without a word before it
            "instruct",
            [USER, {"role": "assistant", "content": None, "tool_calls": [{"name": "add", "arguments": {}}]}],
            None,
            opened('<tool_call>\n{"name": "add", "arguments": {}}\n</tool_call><|im_end|>\n'),
        ),
        (  # tool results are merged into one turn; Instruct has no reasoning anywhere
            "instruct",
            TWO_CALLS,
            None,
            opened(
                CALLS,
                "4 and 5<|im_end|>\n<|im_start|>user\nThanks 👍\u2028你好<|im_end|>\n",
                "  \u200dWelcome\n<|im_end|>\n",
            ),
        ),
        (  # reasoning is kept only after the last user message
            "thinking",
            TWO_CALLS,
            None,
            opened(
                CALLS,
                "4 and 5<|im_end|>\n<|im_start|>user\nThanks 👍\u2028你好<|im_end|>\n",
                "<think>\npolite\n</think>\n\n  \u200dWelcome\n<|im_end|>\n",
            ),
        ),
        (  # tool results end no exchange: the reasoning before them is kept
            "thinking",
            TWO_CALLS[:5],
            None,
            opened(
                "<think>\ntwo sums\n</think>\n\n" + CALLS,
                "<think>\nread them\n</think>\n\n4 and 5<|im_end|>\n",
            ),
        ),
        (  # nor does a user message that only brings a tool's response
            "thinking",
            [
                USER,
                {"role": "assistant", "content": "let me see", "reasoning": "look"},
                {"role": "user", "content": "<tool_response>\n4\n</tool_response>"},
                {"role": "assistant", "content": "4", "reasoning": "read"},
            ],
            None,
            opened(
                "<think>\nlook\n</think>\n\nlet me see<|im_end|>\n"
                "<|im_start|>user\n<tool_response>\n4\n</tool_response><|im_end|>\n",
                "<think>\nread\n</think>\n\n4<|im_end|>\n",
            ),
        ),
    ],
)
def test_a_conversation_renders_byte_for_byte(
    variant: Variant, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, expected: str
) -> None:
    assert rendered(messages, variant, tools=tools) == expected


@pytest.mark.parametrize(
    ("content", "reasoning", "expected"),
    [
        ("\n\nHi", "\nR\n", "<think>\nR\n</think>\n\nHi"),
        ("<think>\nR\n</think>\n\nHi", None, "<think>\nR\n</think>\n\nHi"),
        ("R\n</think>\nHi", None, "<think>\nR\n</think>\n\nHi"),
        ("\nHi\n", None, "Hi\n"),
        (None, "R", "<think>\nR\n</think>\n\n"),
    ],
)
def test_what_a_server_hands_back_renders_as_it_was_written(
    content: str | None, reasoning: str | None, expected: str
) -> None:
    """Thinking that stands in the content, and the blank lines around the blocks."""
    said = {"role": "assistant", "content": content, "reasoning_content": reasoning}
    assert rendered([USER, said], "thinking") == opened(f"{expected}<|im_end|>\n")
    later = rendered([USER, said, USER], "thinking")
    assert (
        "think>" not in later and f"assistant\n{expected.rpartition('</think>')[2].lstrip(chr(10))}<|im_end|>" in later
    )


def test_blank_lines_before_a_call_are_not_doubled() -> None:
    call = {"function": {"name": "add", "arguments": "{}"}}
    for variant in ("instruct", "thinking"):
        for content, kept in (("Adding.\n", "Adding.\n"), ("\n\n", ""), (None, "")):
            text = rendered([USER, {"role": "assistant", "content": content, "tool_calls": [call]}], variant)
            wanted = f'{kept}<tool_call>\n{{"name": "add", "arguments": {{}}}}\n</tool_call><|im_end|>\n'
            assert text == opened(wanted)


def test_an_empty_think_block_exists_for_the_thinking_model_only() -> None:
    asked = {"add_generation_prompt": True, "enable_thinking": False}
    assert rendered([USER], "thinking", **asked).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert rendered([USER], "instruct", **asked).endswith("<|im_start|>assistant\n")


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


def test_a_checkpoints_template_is_the_one_it_was_trained_with(tiny_base: Path, tmp_path: Path) -> None:
    tokenizer = dress(load_tokenizer(tiny_base), "thinking")
    tokenizer.chat_template += "{# a base's own may have other line ends #}\r\n"
    tokenizer.save_pretrained(tmp_path)
    stamp(tokenizer, tmp_path)
    assert Renderer(load_tokenizer(tmp_path)).prompt_ids([USER]) == Renderer(tokenizer).prompt_ids([USER])
    trained = template_hash(tokenizer)
    (tmp_path / "chat_template.jinja").write_text(template("instruct"))
    with pytest.raises(ValueError, match=f"trained with {trained}, got [0-9a-f]{{64}}; put back the template"):
        load_tokenizer(tmp_path)


MARKED, PLAIN = (
    (resources.files("trl") / "chat_templates" / name).read_text() for name in ("qwen3_training.jinja", "qwen3.jinja")
)


def test_a_base_keeps_its_own_marked_template_and_its_end_of_turn(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(tiny_base)
    tokenizer.chat_template, tokenizer.eos_token = MARKED, "<|endoftext|>"
    assert dress(tokenizer, "thinking", "base").chat_template == MARKED
    assert tokenizer.eos_token == "<|im_end|>"
    turns = [USER, {"role": "assistant", "content": "4", "reasoning_content": "add"}]
    pieces = [(piece.text, piece.turn) for piece in Renderer(tokenizer).pieces(turns)]
    assert pieces[1:] == [("<think>\nadd\n</think>\n\n4<|im_end|>", 0), ("\n", None)]


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (None, "must have one chat template, got None"),
        (PLAIN, "does not mark what the assistant writes, got 'base'; set sft.template: ours"),
        (
            "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
            "leave out the end of",
        ),
    ],
)
def test_a_base_template_that_does_not_say_what_is_written_is_refused(
    tiny_base: Path, own: str | None, message: str
) -> None:
    tokenizer = load_tokenizer(tiny_base)
    tokenizer.chat_template = own
    with pytest.raises(ValueError, match=message):
        dress(tokenizer, "instruct", "base")
