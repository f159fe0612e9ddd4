"""The command line: quick, one clean message for what a person can mend, and only commands that work."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from temper.pipeline.cli import main
from temper.pipeline.scaffold import new_verifier

WriteRecipe = Callable[..., Path]

COMMANDS = ("run", "explain", "audit", "schema", "show", "eval", "verify", "rescore", "recompute", "sandbox")


def temper(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "temper.pipeline", *arguments], capture_output=True, text=True, check=False
    )


def test_help_loads_the_standard_library_alone_and_names_every_command() -> None:
    told = temper("--help")
    assert told.returncode == 0
    program = (
        "import sys\nfrom temper.pipeline.cli import main\n"
        "try: main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)\n"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr.split()
    assert "temper.pipeline.cli" in loaded
    assert not {"pydantic", "yaml", "numpy", "ray", "torch", "transformers"}.intersection(loaded)
    for command in (*COMMANDS, "verifier"):
        assert f"\n    {command} " in told.stdout


@pytest.mark.parametrize("command", [*COMMANDS, "verifier new"])
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command.split(), "--help"])
    assert left.value.code == 0
    assert f"usage: temper {command}" in capsys.readouterr().out


def test_a_bad_recipe_ends_with_one_message_and_no_traceback(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe(swap=("pack_tokens", "pack_token"))
    told = temper("run", str(path), "--out", str(tmp_path / "out"))
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith(f"temper: {path}: sft.pack_tokens: missing; add it")
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_dataset_is_refused_before_ray_starts(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    told = temper("run", str(write_recipe()), "--out", str(tmp_path / "out"), "--set", "rlvr.data.0.path=/gone.jsonl")
    assert told.returncode == 2
    assert "rlvr.data.0.path: no such dataset file, got '/gone.jsonl'" in told.stderr
    assert not (tmp_path / "out").exists()


def test_verbose_adds_the_traceback(write_recipe: WriteRecipe) -> None:
    told = temper("--verbose", "explain", str(write_recipe()), "--set", "seed=x")
    assert told.returncode == 2
    assert "Traceback" in told.stderr


def test_two_recipes_of_one_name_are_refused(write_recipe: WriteRecipe, capsys: pytest.CaptureFixture[str]) -> None:
    write_recipe()
    above = write_recipe("extends: mine.yaml\nvariant: thinking\n", "above.yaml")
    assert main(["run", str(above.parent / "mine.yaml"), str(above), "--out", "out"]) == 2
    assert "got 'mine'; rename one" in capsys.readouterr().err


def test_explain_takes_a_shipped_name_and_overrides(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "temper:tiny/thinking", "--set", "seed=3"]) == 0
    assert capsys.readouterr().out.startswith("tiny-thinking: thinking, seed 3, from ")


def test_verify_writes_a_verdict_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = {"id": "a", "prompt": "1+1?", "verifier": "math", "answer": "2"}
    rows = [{"problem": problem, "completion": text} for text in (r"\boxed{2}", r"\boxed{3}")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "verdicts.jsonl"
    assert main(["verify", str(tmp_path / "rows.jsonl"), "--out", str(out), "--sandbox", "local"]) == 0
    assert [json.loads(line)["score"] for line in out.read_text().splitlines()] == [1.0, 0.0]
    assert "rows 2  scored 2" in capsys.readouterr().out


def test_verify_finds_a_listed_verifier_beside_the_rows(tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    rows.mkdir()
    _, spec = new_verifier("last_line", rows)
    problem = {"id": "a", "prompt": "The capital?", "verifier": spec, "answer": "Oslo"}
    lines = [{"problem": problem, "completion": text} for text in ("Oslo", "Bergen")]
    (rows / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = tmp_path / "out.jsonl"
    words = ["verify", str(rows / "rows.jsonl"), "--out", str(out), "--sandbox", "local", "--plugins", "last_line"]
    told = temper(*words)
    assert told.returncode == 0, told.stderr
    assert [json.loads(line)["score"] for line in out.read_text().splitlines()] == [1.0, 0.0]


def test_verify_refuses_a_bad_row_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows.jsonl").write_text('{"problem": {"id": "a", "prompt": "p"}, "completion": ""}\n')
    out = tmp_path / "verdicts.jsonl"
    assert main(["verify", str(tmp_path / "rows.jsonl"), "--out", str(out), "--sandbox", "local"]) == 2
    assert "verifier" in capsys.readouterr().err
    assert not out.exists()


LOGS = """
import logging
from temper.pipeline.cli import main

main(["verify", "no\\x9b2Jfile", "--out", "out", "--sandbox", "local"])
logging.getLogger("temper").error("problem %s", chr(27) + "[2J" + chr(0x9B))
"""


def test_nothing_of_a_row_drives_the_terminal(tmp_path: Path) -> None:
    """In a refusal, and in a line of the log."""
    done = subprocess.run([sys.executable, "-c", LOGS], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert not {"\x1b", "\x9b"} & set(done.stderr)
    assert "temper: no\\x9b2Jfile: no such file" in done.stderr and "problem ␛[2J\\x9b" in done.stderr
