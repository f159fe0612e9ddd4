import json
import random
from pathlib import Path
from typing import Any

import pytest

from temper.policy.chat import Variant, dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.rendering import Renderer
from temper.sft.examples import Dropped, ToolCall, parse_example
from temper.sft.masks import Sample, samples, targets

ROW: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "1 + 1?"},
        {"role": "assistant", "content": "2", "reasoning": "one and one"},
        {"role": "user", "content": "Add 3 with the tool."},
        {"role": "assistant", "reasoning": "call it", "tool_calls": [{"name": "add", "arguments": {"a": 3}}]},
        {"role": "tool", "content": "5"},
        {"role": "assistant", "content": "\n5", "reasoning": "read it"},
    ]
}


def trained(tokenizer: Any, sample: Sample) -> list[str]:
    """The trained runs of a sample, as text."""
    runs: list[list[int]] = []
    before = False
    for token, mark in zip(sample.tokens, sample.trained, strict=True):
        if mark and not before:
            runs.append([])
        if mark:
            runs[-1].append(token)
        before = mark
    return [tokenizer.decode(run) for run in runs]


def made(base: Path, variant: Variant, row: dict[str, Any], unfold: int = 5) -> tuple[Any, list[Sample]]:
    tokenizer = dress(load_tokenizer(base), variant)
    examples = [("f:1", parse_example(row, "f:1"))]
    return tokenizer, list(samples(Renderer(tokenizer), examples, variant, unfold, Dropped()))


CALL = '\n<tool_call>\n{"name": "add", "arguments": {"a": 3}}\n</tool_call>'


def test_instruct_trains_every_assistant_turn_with_its_end_and_no_reasoning(tiny_base: Path) -> None:
    tokenizer, kept = made(tiny_base, "instruct", ROW)
    assert len(kept) == 1
    assert trained(tokenizer, kept[0]) == ["2<|im_end|>", CALL.strip() + "<|im_end|>", "\n5<|im_end|>"]
    assert "<think>" not in tokenizer.decode(kept[0].tokens)


def test_thinking_unfolds_and_trains_the_last_turn_with_its_reasoning(tiny_base: Path) -> None:
    tokenizer, kept = made(tiny_base, "thinking", ROW)
    assert [trained(tokenizer, sample) for sample in kept] == [
        ["<think>\none and one\n</think>\n\n2<|im_end|>"],
        ["<think>\ncall it\n</think>\n\n" + CALL.strip() + "<|im_end|>"],
        ["<think>\nread it\n</think>\n\n5<|im_end|>"],  # blank lines before what is said are the block's
    ]
    # The reasoning of the same exchange stays in view, that of an earlier one does not.
    last = tokenizer.decode(kept[-1].tokens)
    assert "call it" in last and "one and one" not in last


def test_unfolding_keeps_the_last_turns(tiny_base: Path) -> None:
    assert len(made(tiny_base, "thinking", ROW, unfold=2)[1]) == 2


def test_thinking_drops_an_example_without_reasoning_and_counts_it(tiny_base: Path) -> None:
    tokenizer = dress(load_tokenizer(tiny_base), "thinking")
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    dropped = Dropped()
    assert not list(samples(Renderer(tokenizer), [("f:1", parse_example(row, "f:1"))], "thinking", 5, dropped))
    assert dropped.counts == {"without_reasoning": 1}


def conversation(seed: int) -> dict[str, Any]:
    """Several exchanges of awkward text, some with reasoning, some with parallel calls and their results."""
    rng = random.Random(seed)

    def text() -> str:
        return (
            "".join(rng.choices(("\n", " ", "7", "é", "<|im_end|>", "<think>", "你", "assistant", "\n\n"), k=9)) + "."
        )

    def said() -> dict[str, Any]:
        harmless = text().replace("<|im_end|>", "x").replace("<think>", "y")
        reasoning = {"reasoning": harmless[::-1]} if rng.random() < 0.6 else {}
        return {"role": "assistant", "content": harmless, **reasoning}

    messages: list[dict[str, Any]] = [{"role": "system", "content": text()}] if rng.random() < 0.5 else []
    for _ in range(rng.randint(1, 4)):
        messages.append({"role": "user", "content": text()})
        for _ in range(rng.randint(0, 2)):
            calls = [{"name": "add", "arguments": {text(): text()}} for _ in range(rng.randint(1, 2))]
            messages += [{**said(), "tool_calls": calls}, *({"role": "tool", "content": text()} for _ in calls)]
        messages.append(said())
    tools = [{"type": "function", "function": {"name": "add", "description": text()}}]
    return {"messages": messages, "tools": tools if rng.random() < 0.5 else []}


def called(call: ToolCall) -> str:
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return f'<tool_call>\n{{"name": "{call.name}", "arguments": {arguments}}}\n</tool_call>'


@pytest.mark.parametrize("variant", ["instruct", "thinking"])
@pytest.mark.parametrize("seed", range(30))
def test_loss_stands_on_assistant_turns_alone_and_before_them_stands_the_prompt(
    tiny_base: Path, variant: Variant, seed: int
) -> None:
    """What is trained is what the assistant wrote; what stands before it is, token for token, what the engine gets."""
    row = conversation(seed)
    tokenizer, kept = made(tiny_base, variant, row)
    example = parse_example(row, "f:1")
    conversations = targets(example, variant, 5)
    assert len(kept) == len(conversations)
    for sample, turns in zip(kept, conversations, strict=True):
        ends = [i for i, turn in enumerate(turns) if turn.role == "assistant"]
        wanted = []
        for end in ends if variant == "instruct" else ends[-1:]:
            messages = [turn.as_message() for turn in turns[:end]]
            prompt = Renderer(tokenizer).prompt_ids(messages, example.tools)
            assert list(sample.tokens[: len(prompt)]) == prompt
            assert not sample.trained[len(prompt) - 1] and sample.trained[len(prompt)]
            calls = "\n".join(called(call) for call in turns[end].tool_calls)
            thought = f"<think>\n{turns[end].reasoning.strip(chr(10))}\n</think>\n\n" if turns[end].reasoning else ""
            content = turns[end].content.lstrip("\n") if variant == "thinking" else turns[end].content
            said = content + ("\n" if calls else "") + calls
            wanted.append((thought if variant == "thinking" else "") + said + "<|im_end|>")
        assert trained(tokenizer, sample) == wanted


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for m in messages if m.role != 'system' %}", "messages.0: the chat template leaves out 'Be brief.'"),
        ("{% for m in messages if m.content != '5' %}", "messages.5: the chat template leaves out '5'"),
        ("{% for m in messages if m.content != '2' %}", "messages.2: the chat template leaves out '2'"),
    ],
)
def test_a_template_that_drops_a_turn_is_refused_or_counted(tiny_base: Path, template: str, message: str) -> None:
    tokenizer = load_tokenizer(tiny_base)
    body = "{{ m.role }}{% generation %}{{ m.content }}{{ m.tool_calls }}<|im_end|>{% endgeneration %}{% endfor %}"
    tokenizer.chat_template = template + body
    examples = [
        ("f:1", parse_example({"messages": [*ROW["messages"][:6], {"role": "assistant", "content": "3"}]}, "f:1"))
    ]
    with pytest.raises(ValueError, match=f"f:1: {message}; mend the template"):
        list(samples(Renderer(tokenizer), examples, "instruct", 5, Dropped()))
    dropped = Dropped(refuse=False)
    assert not list(samples(Renderer(tokenizer), examples, "instruct", 5, dropped))
    assert dropped.counts == {"left_out": 1}


def test_a_template_that_drops_the_trained_reasoning_is_refused(tiny_base: Path) -> None:
    tokenizer = dress(load_tokenizer(tiny_base), "instruct")
    with pytest.raises(ValueError, match="f:1: messages.2: the chat template leaves out 'one and one'"):
        list(samples(Renderer(tokenizer), [("f:1", parse_example(ROW, "f:1"))], "thinking", 5, Dropped()))
