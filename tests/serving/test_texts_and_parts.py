"""Tokens to text, and text to reasoning, content and calls: the same however it comes in pieces."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from toy_tokenizers import FAMILIES, make

from temper.serving.parts import Part, Parts
from temper.serving.service import News
from temper.serving.writing import Writing, beginning

CALL = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
TRICKY = '<tool_call>{"name": "f", "arguments": {"a": "</tool_call><tool_call>"}}</tool_call>'
BROKEN = "<tool_call>\n{'name': 'f'}\n</tool_call>"
OPEN = '<tool_call>\n{"name": "f", "argu'
SAID: dict[str, tuple[str, str, str, int]] = {
    "content": ("Hello.\n", "", "Hello.\n", 0),
    "nothing": ("", "", "", 0),
    "thought": ("<think>\na\n\nb\n</think>\n\nc\n\nd", "a\n\nb", "c\n\nd", 0),
    "blanks first": (" \n<think>\na\n</think>\n\nc", "a", "c", 0),
    "open thought": ("<think>\na\nb\n", "a\nb", "", 0),
    "empty thought": ("<think>\n\n</think>\n\nc", "", "c", 0),
    "thought later": ("a <think>b</think>", "", "a <think>b</think>", 0),
    "half a tag": ("<thin", "", "<thin", 0),
    "call": (CALL, "", "", 1),
    "thought and call": (f"<think>\na\n</think>\n\n{CALL}", "a", "", 1),
    "text, two calls": (f"x\n{CALL}\n{CALL}", "", "x", 2),
    "text behind": (f"{CALL}\ny", "", "y", 1),
    "tags in a call": (f"{TRICKY}\n{CALL}", "", "", 2),
    "broken": (BROKEN, "", BROKEN, 0),
    "broken, then one": (f"x\n{BROKEN}\n{CALL}", "", f"x\n{BROKEN}", 1),
    "open": (f"x\n{OPEN}", "", f"x\n{OPEN}", 0),
    "many tags": (f"<tool_call>{'</tool_call>' * 30}", "", f"<tool_call>{'</tool_call>' * 30}", 0),
}


def put_together(parts: Sequence[Part]) -> tuple[str, str, int]:
    calls = [part.call for part in parts if part.call]
    assert all(call.name == "f" for call in calls)
    return "".join(p.reasoning for p in parts), "".join(p.content for p in parts), len(calls)


def pieces(text: str, seed: int) -> Iterator[str]:
    generator = random.Random(seed)
    while text:
        size = generator.choice([1, 1, 2, 3, 7, 30])
        yield text[:size]
        text = text[size:]


@pytest.mark.parametrize("name", SAID)
def test_a_completion_is_told_apart_however_it_comes(name: str) -> None:
    text, reasoning, content, calls = SAID[name]
    for seed in range(8):
        reader = Parts(thinks=True, thinking=False, calls=True)
        parts = [part for piece in ([text] if seed == 0 else pieces(text, seed)) for part in reader.add(piece)]
        assert put_together([*parts, *reader.rest()]) == (reasoning, content, calls), f"seed {seed}"


def test_without_tools_and_thoughts_all_is_content_at_once() -> None:
    text = f"<think>\na</think>{CALL}"
    reader = Parts(thinks=False, thinking=False, calls=False)
    assert put_together(reader.add(text)) == ("", text, 0) and not reader.rest()


def test_a_thought_that_the_prompt_opened_goes_on() -> None:
    reader = Parts(thinks=True, thinking=True, calls=False)
    parts = [*reader.add("\na\n</th"), *reader.add("ink>\n\nb"), *reader.rest()]
    assert put_together(parts) == ("a", "b", 0)


TEXTS = ["Hello wörld, 3 + 4 = 7.", "日本語 と 🙂🙃👩‍👩‍👧 ok", " a  b\n\n\tc", "\x00\ud7ff~", "naïve\u0301 e"]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_told_in_parts_is_the_text_of_all_tokens(family: str) -> None:
    tokenizer: Any = make(family)
    generator = random.Random(0)
    rows = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    rows += [[generator.randrange(len(tokenizer)) for _ in range(40)] for _ in range(8)]
    for ids in rows:
        writing = Writing(tokenizer)
        told = [writing.take(News((token,), (-1.0,))) for token in ids]
        told.append(writing.take(News(end="length")))
        assert "".join(told) == tokenizer.decode(ids, skip_special_tokens=False)
        assert writing.tokens == ids and writing.sampled == len(ids)


def test_a_character_is_told_once_it_is_whole(served: Any) -> None:
    tokenizer = served.renderer.tokenizer
    ids = tokenizer("a🙂b", add_special_tokens=False)["input_ids"]
    writing = Writing(tokenizer)
    told = [writing.take(News((token,), (-1.0,))) for token in ids]
    assert "".join(told) == "a🙂b" and set(told) <= {"a", "", "🙂", "b"} and len(ids) > 3


BEGINNINGS = [("ab", ["bc"], 1), ("ab", ["ab"], 0), ("aab", ["aabc", "bd"], 3), ("", ["x"], 0), ("ab", [], 0)]


@pytest.mark.parametrize(("text", "markers", "length"), BEGINNINGS)
def test_the_end_that_a_marker_may_begin_with(text: str, markers: list[str], length: int) -> None:
    assert beginning(text, markers) == length


def test_news_behind_the_end_changes_nothing(served: Any) -> None:
    tokenizer = served.renderer.tokenizer
    writing = Writing(tokenizer, ["b"])
    ids = tuple(tokenizer("abc", add_special_tokens=False)["input_ids"])
    assert writing.take(News(ids, (-1.0,) * len(ids), end="length")) == "a" and writing.end == "stop"
    assert writing.take(News(ids, (-1.0,) * len(ids))) == "" and writing.sampled == len(writing.tokens) <= 2
