"""What a person sees of the rows: every trained token marked, nothing of a row able to act."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.cli import main
from temper.pipeline.loading import load
from temper.pipeline.show import show
from temper.view.rendered_rows import page

WriteRecipe = Callable[..., Path]
EVIL = "<script>alert('x')</script>\x1b[2J\x00 & \"q\" <|im_end|>"
ROWS: list[dict[str, Any]] = [
    {
        "messages": [
            {"role": "user", "content": EVIL},
            {"role": "assistant", "content": f"never {EVIL.removesuffix('<|im_end|>')}", "reasoning": "a & b"},
        ]
    },
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "no reasoning"}]},
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "<think>x"}]},
]


@pytest.fixture
def recipe(write_recipe: WriteRecipe, tmp_path: Path) -> Path:
    path = write_recipe(swap=("{kind: generated, rows: 10}", "{kind: file, path: rows.jsonl}"))
    (path.parent / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_rows_are_shown_as_they_are_trained_on(recipe: Path) -> None:
    first, bare, bad, total, *problems = show(load(recipe, ["variant=thinking"]), 3)
    trained = [run for run in first.runs if run.trained]
    counts = sum(run.tokens for run in trained), sum(run.tokens for run in first.runs)
    assert first.said == "{} of {} tokens trained".format(*counts)
    text = "".join(run.text for run in trained)
    assert text.startswith("<think>\na & b\n</think>\n\nnever <script>") and text.endswith('"q" <|im_end|>')
    control = [run.text for run in first.runs if run.control]  # the user's `<|im_end|>` is none
    assert control == ["<|im_start|>", "<|im_end|>", "<|im_start|>", "<think>", "</think>", "<|im_end|>"]
    assert bare.said == "dropped, it has no reasoning" and not bare.runs
    assert bad.where == "would stop the run" and "rows.jsonl:3: messages.1: chat markup" in bad.said
    assert total.said == f"{first.said} in the 1 samples above"
    assert [one.said for one in problems] == ["problem", "problem"]


def test_a_row_cannot_drive_the_terminal(recipe: Path) -> None:
    text = next(show(load(recipe), 1)).in_colour()
    assert set(re.findall(r"\x1b.*?m", text)) <= {"\033[32m", "\033[1m", "\033[0m"} and "\x00" not in text
    assert "␛[2J␀" in text


def test_nor_can_a_problem(recipe: Path) -> None:
    """`json` spells out what is below a blank, and leaves the rest."""
    row = {"id": "\x9b31m\x1b", "prompt": "1+1?", "verifier": "math", "answer": "2"}
    (recipe.parent / "problems.jsonl").write_text(json.dumps(row) + "\n")
    text = list(show(load(recipe), 1))[-1].in_colour()
    assert "\x9b" not in text and "\\x9b31m" in text


class Reader(HTMLParser):
    """The tags of a page, and the text inside each `mark`."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.marked: list[str] = []
        self.marking = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "mark":
            self.marking = True
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self.marking = self.marking and tag != "mark"

    def handle_data(self, data: str) -> None:
        if self.marking:
            self.marked[-1] += data


def test_the_page_marks_what_is_trained_and_escapes_what_a_row_says(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rows.html"
    assert main(["show", str(recipe), "--html", str(out), "--set", "variant=thinking"]) == 0
    assert capsys.readouterr().out == f"wrote {out}\n"
    reader = Reader()
    reader.feed(out.read_text())
    shown = next(show(load(recipe, ["variant=thinking"]), 1))
    assert reader.marked[1:] == [run.text for run in shown.runs if run.trained]  # the first is the legend's
    assert not {"script", "link", "img", "a"} & reader.tags
    assert page("<b>", []).count("&lt;b&gt;") == 2


def test_a_problem_with_a_session_is_shown_as_the_rollout_of_its_answer(recipe: Path) -> None:
    call = {"name": "set_value", "arguments": {"table": "t", "row": 0, "column": "s", "value": "b"}}
    session = {"kind": "tables", "set": "row", "tables": {"t": [{"s": EVIL}]}}
    read = {"name": "get_rows", "arguments": {"table": "t"}}
    row = {"id": "p", "prompt": "change it", "verifier": "state", "answer": [read, call], "session": session}
    text = recipe.read_text().replace("max_prompt_tokens: 100", "max_prompt_tokens: 100\n  max_turns: 3")
    recipe.write_text(text)
    (recipe.parent / "problems.jsonl").write_text(json.dumps(row) + "\n")
    problem, rollout = list(show(load(recipe), 1))[-2:]
    assert problem.said == "problem" and rollout.said.startswith("the answer's calls, ")
    sampled = "".join(run.text for run in rollout.runs if run.trained)
    only_read = "".join(run.text for run in rollout.runs if not run.trained)
    assert sampled.count("<tool_call>") == 2 and sampled.endswith("Done.<|im_end|>")
    assert "<tool_response>" not in sampled and only_read.count("<tool_response>") == 2
    assert "<script>" in only_read and "<script>" not in sampled, "a result is only read"
    # What stands in a result is text, whatever it spells.
    assert sum(run.text.count("<|im_end|>") for run in rollout.runs if run.control and not run.trained) == 4
    assert only_read.count("<|im_end|>") == 5
