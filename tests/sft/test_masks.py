from pathlib import Path
from typing import Any

import pytest

from temper.policy.chat import Variant, dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.rendering import Renderer
from temper.sft.examples import Dropped, parse_example
from temper.sft.masks import Sample, samples

ROW = {
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
        ["<think>\nread it\n</think>\n\n\n5<|im_end|>"],
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


@pytest.mark.parametrize("variant", ["instruct", "thinking"])
def test_the_prompt_is_tokenized_as_at_inference(tiny_base: Path, variant: Variant) -> None:
    # A content that begins with a newline would merge with the header's newline if the text were tokenized whole.
    row = {
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "\n\n7"}],
        "reasoning": "r",
    }
    tokenizer, kept = made(tiny_base, variant, row)
    prompt = Renderer(tokenizer).prompt_ids([{"role": "user", "content": "a"}])
    assert list(kept[0].tokens[: len(prompt)]) == prompt
    assert kept[0].trained.index(True) == len(prompt)
