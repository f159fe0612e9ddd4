"""Every prompt that would stop a later stage is refused before the first one, in one line with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.loading import load
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.preflight import preflight

WriteRecipe = Callable[..., Path]
USER = {"role": "user", "content": "6x7?"}
TURN = {"role": "assistant", "content": "yo"}
TAKEN: list[Any] = [
    "6x7?",
    [USER],
    [{"role": "system", "content": "be brief"}, USER],
    [USER, TURN, USER],
    [USER, {"role": "assistant", "content": None, "tool_calls": [{"name": "f", "arguments": {}}]},
     {"role": "tool", "content": "4"}],
]  # fmt: skip
REFUSED: list[tuple[Any, str]] = [
    ([], "field 'prompt' is empty"),
    ([{"role": "developer", "content": "x"}, USER], "prompt.0.role: unknown, got 'developer'; write system"),
    ([{"role": "critic", "content": "x"}], "prompt.0.role: unknown, got 'critic'; roles are system, user"),
    ([{"role": "user"}], "prompt.0.content: null or absent; give it a text"),
    ([{"role": "user", "content": None}], "prompt.0.content: null or absent; give it a text"),
    ([USER, {"role": "assistant", "content": None}, USER], "prompt.1.content: null or absent"),
    ([{"role": "user", "content": " \n"}], "prompt.0.content: empty, got ' \\n'"),
    ([{"role": "system", "content": None}, USER], "prompt.0.content: null or absent"),
    ([USER, TURN, {"role": "system", "content": "x"}, USER], "prompt.2.role: a system message stands first"),
    ([USER, TURN], "prompt.1.role: a prompt ends where the policy goes on, got 'assistant' last; leave that"),
    ([{"role": "system", "content": "x"}], "prompt.0.role: a prompt ends where the policy goes on, got 'system'"),
    ("x" * 500, "tokens, more than rlvr.max_prompt_tokens 100; raise that or leave the problem out"),
    ("caf\ud800", "prompt: not Unicode, got the lone surrogate '\\ud800'; mend the text"),
]


@pytest.fixture
def check(write_recipe: WriteRecipe, tmp_path: Path) -> Callable[[Any], None]:
    def checked(prompt: Any) -> None:
        path = write_recipe()
        row = {"id": "a", "prompt": prompt, "verifier": "math", "answer": "42"}
        (path.parent / "rows.jsonl").write_text(json.dumps(row) + "\n")
        preflight(load(path, [f"rlvr.data=[{{kind: file, path: {path.parent}/rows.jsonl}}]"]), tmp_path / "out")

    return checked


@pytest.mark.parametrize("prompt", TAKEN)
def test_a_prompt_that_the_template_takes_passes(check: Callable[[Any], None], prompt: Any) -> None:
    check(prompt)


@pytest.mark.parametrize(("prompt", "complaint"), REFUSED)
def test_a_prompt_that_would_stop_a_stage_is_refused(check: Callable[[Any], None], prompt: Any, complaint: str) -> None:
    with pytest.raises(RecipeError) as error:
        check(prompt)
    (line,) = str(error.value).splitlines()
    assert "rows.jsonl:1" in line and complaint in line


def test_a_held_out_prompt_must_leave_room_for_its_completion(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe()
    row = {"id": "a", "prompt": "1 + 1? " * 60, "verifier": "math", "answer": "2"}
    (path.parent / "long.jsonl").write_text(json.dumps(row) + "\n")
    held_out = f"held_out=[{{kind: file, path: {path.parent}/long.jsonl}}]"
    preflight(load(path, [held_out, "eval.max_completion_tokens=32"]), tmp_path / "out")
    with pytest.raises(RecipeError, match=r"long.jsonl:1: prompt: \d+ tokens, more than the context less the comp"):
        preflight(load(path, [held_out, "eval.max_completion_tokens=1000"]), tmp_path / "out")
