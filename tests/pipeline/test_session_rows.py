"""What of a session's rows is refused before anything starts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline import sources
from temper.pipeline.loading import load
from temper.pipeline.preflight import ignored_calls
from temper.pipeline.prompts import Prompts, lost_reasoning
from temper.policy.sources import FileRows
from temper.sft.examples import RowError
from temper.verifiers.plugins import NO_PLUGINS
from temper.verifiers.rows import parse_problem

ROW: dict[str, Any] = {
    "id": "p", "prompt": "?", "verifier": "math", "answer": "1", "session": {"kind": "tables"},
}  # fmt: skip
THOUGHT = [
    {"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "reasoning": "c"},
    {"role": "user", "content": "d"},
]  # fmt: skip


def mistake(path: Path, row: dict[str, Any], field: str = "rlvr.max_prompt_tokens") -> str:
    prompts = Prompts(load(path).recipe, tokenized=False)
    return prompts.mistake(parse_problem(row, "test"), field, None)


def test_a_session_in_a_recipe_of_one_turn_is_refused(write_recipe: Callable[..., Path]) -> None:
    assert "rlvr.max_turns is 1" in mistake(write_recipe(), ROW)
    assert "eval.max_turns is 1" in mistake(write_recipe(), ROW, "the context")
    swap = ("max_prompt_tokens: 100", "max_prompt_tokens: 100\n  max_turns: 2")
    assert mistake(write_recipe(swap=swap), ROW) == ""
    assert mistake(write_recipe(), {key: value for key, value in ROW.items() if key != "session"}) == ""


def test_no_turns_at_all_are_refused(write_recipe: Callable[..., Path]) -> None:
    swap = ("max_prompt_tokens: 100", "max_prompt_tokens: 100\n  max_turns: 0")
    with pytest.raises(ValueError, match=r"rlvr\.max_turns"):
        load(write_recipe(swap=swap))


def test_reasoning_before_a_message_of_the_user_is_refused_for_thinking(write_recipe: Callable[..., Path]) -> None:
    assert (lost_reasoning(THOUGHT), lost_reasoning(THOUGHT[:2]), lost_reasoning(THOUGHT[:1])) == (1, None, None)
    text = write_recipe().read_text().replace("variant: instruct", "variant: thinking")
    text = text.replace("max_prompt_tokens: 100", "max_prompt_tokens: 100\n  max_turns: 2")
    assert "which the thinking template drops" in mistake(write_recipe(text), {**ROW, "prompt": THOUGHT})


def test_an_answer_of_calls_that_its_verifier_does_not_read_is_refused() -> None:
    calls = [{"name": "email_delete_email", "arguments": {"email_id": "1"}}]
    ignored = parse_problem({**ROW, "verifier": "tool_calls", "answer": calls}, "test")
    assert "take `state`" in ignored_calls(ignored, NO_PLUGINS)
    read = parse_problem({**ROW, "verifier": "state", "answer": calls}, "test")
    assert ignored_calls(read, NO_PLUGINS) == ignored_calls(parse_problem(ROW, "test"), NO_PLUGINS) == ""


def test_a_sources_session_stands_over_its_rows_and_a_row_names_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**ROW, "session": {"kind": "tables", "seed": 1}}) + "\n")
    ((_, row),) = sources.rows(FileRows(path=str(path), session={"kind": "tables", "folder": "x"}), "problems")
    assert row["session"] == {"kind": "tables", "seed": 1, "folder": "x"}
    path.write_text(json.dumps({**ROW, "session": {"kind": "tables", "folder": "/etc"}}) + "\n")
    with pytest.raises(RowError, match=r"session\.folder': only a recipe may set it"):
        list(sources.rows(FileRows(path=str(path)), "problems"))
