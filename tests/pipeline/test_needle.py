"""`temper eval --suite needle`: where the needle lies, and what counts as found."""

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.needle import DEPTHS, Cell, found, lengths_of, record, run_needle, table
from temper.policy.chat import dress
from temper.policy.checkpoint import load_tokenizer
from temper.recipes.needle import NUMBERS, SYLLABLES, Style, needle, texts
from temper.rlvr.engines.engine import TokenRow
from temper.rlvr.rollout import Completion, Request, Sampling


class Reader:
    """An engine that finds what lies within its last `reach` tokens, and says 00 otherwise."""

    def __init__(self, tokenizer: Any, reach: int, says: str = "{}") -> None:
        self.tokenizer, self.reach, self.says = tokenizer, reach, says
        self.requests: list[Request] = []
        self.longest = 0

    def submit(self, requests: Any, sampling: Sampling) -> None:
        self.requests = list(requests)
        self.longest = max(len(request.prompt_tokens) for request in requests) + sampling.max_tokens

    def collect(self, wait_s: float = 1.0) -> list[tuple[int, Completion]]:
        done = [(request.id, self._completion(request)) for request in self.requests]
        self.requests = []
        return done

    def _completion(self, request: Request) -> Completion:
        whole = self.tokenizer.decode(request.prompt_tokens)
        (key,) = re.findall(r"What is (\w+)\?", whole) or re.findall(r"(\w+)=$", whole)
        seen = re.findall(rf"{key}=(\d\d)", self.tokenizer.decode(request.prompt_tokens[-self.reach :]))
        return Completion(self.says.format(seen[0] if seen else "00"), (1,), (0.0,), "length", (0,))

    def push(self, weights: Any, version: int) -> dict[str, str]:
        raise NotImplementedError

    def cancel(self) -> list[int]:
        raise NotImplementedError

    def revive(self) -> bool:
        raise NotImplementedError

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        raise NotImplementedError


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> Any:
    return load_tokenizer(tiny_base)


@pytest.mark.parametrize("style", [NUMBERS, SYLLABLES])
def test_the_needle_lies_at_its_depth_and_its_key_stands_nowhere_else(style: Style) -> None:
    for depth in DEPTHS:
        one = needle(random.Random(1), 2000, depth, len, style)
        place = one.text.index(style.record.format(key=one.key, value=one.answer))
        assert abs(place / len(one.text) - depth) < 0.02
        assert len(re.findall(rf"^{one.key}", one.text, re.MULTILINE)) == 1
        assert 1970 < len(one.text) <= 2000
        assert one.continued == one.text + style.asked.format(key=one.key)


def test_a_text_to_learn_from_answers_what_it_asks() -> None:
    (text,) = texts(1, 900, 0, len, SYLLABLES)
    lines = text.splitlines()
    said = {line[:2]: line[2:] for line in lines if re.fullmatch("[a-z]{4}", line)}
    assert len(said) == 8
    assert dict(map(str.split, lines[-8:])) == said
    assert list(texts(1, 900, 0, len)) != list(texts(1, 900, 1, len))


@pytest.mark.parametrize("chat", [False, True])
def test_an_engine_that_reads_so_far_finds_what_lies_so_near(tokenizer: Any, tiny_base: Path, chat: bool) -> None:
    if chat:
        tokenizer = dress(load_tokenizer(tiny_base), "thinking")
    engine = Reader(tokenizer, reach=600, says="<think>12?</think>\n{}." if chat else "{}")
    cells = run_needle(engine, tokenizer, [500, 2000], samples=3, seed=0, answer_tokens=20)  # type: ignore[arg-type]
    scores = {(cell.length, cell.depth): cell.score for cell in cells}
    assert [scores[500, depth] for depth in DEPTHS] == [1.0] * 5
    assert [scores[2000, depth] for depth in (0.0, 0.25, 0.5)] == pytest.approx([0, 0, 0], abs=0.34)
    assert scores[2000, 1.0] == 1.0
    assert 1950 < engine.longest <= 2000  # a length counts all of the sequence


def test_the_same_texts_are_asked_again(tokenizer: Any) -> None:
    one, other = (Reader(tokenizer, reach=9) for _ in range(2))
    for engine in (one, other):
        run_needle(engine, tokenizer, [400], 2, 0, 4)  # type: ignore[arg-type]
    assert one.longest == other.longest


def test_a_length_below_the_assignments_is_refused(tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="--lengths: the assignments and the answer take .* got 40; raise it"):
        run_needle(Reader(tokenizer, 9), tokenizer, [40], 1, 0, 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "chat", "number"),
    [("47\n", False, "47"), (" 47. 12", False, "47"), ("none", False, None), ("470", False, "470"),
     ("<think>12</think>It is 47.", True, "47"), ("<think>47", True, "47"), ("47 or 12", True, "12")],
)  # fmt: skip
def test_what_counts_as_the_answer(text: str, chat: bool, number: str | None) -> None:
    assert found(text, chat) == number


def test_the_table_has_lengths_down_and_depths_across(tmp_path: Path) -> None:
    cells = [Cell(64, depth, (True, depth > 0.5)) for depth in DEPTHS]
    header, line = table(cells).splitlines()
    assert header.split() == ["length", "0%", "25%", "50%", "75%", "100%", "mean", "stderr"]
    assert line.split() == ["64", "0.50", "0.50", "0.50", "1.00", "1.00", "0.70", "0.153"]
    record(tmp_path / "found.json", tmp_path, cells)
    assert json.loads((tmp_path / "found.json").read_text())["cells"][0] == {
        "length": 64, "depth": 0.0, "score": 0.5, "n": 2,
    }  # fmt: skip


def test_lengths_follow_the_context(tiny_base: Path) -> None:
    assert lengths_of(tiny_base) == (8, 16, 32, 64)
