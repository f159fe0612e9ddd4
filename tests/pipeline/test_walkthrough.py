"""The pages on a verifier of one's own and on Python, followed to the letter in an empty folder, training left out."""

import doctest
import os
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""(kind, file, text)"""
PROGRAMS = os.environ.get("TEMPER_PROGRAMS", str(Path(sys.executable).parent))
"""Where `python` and `temper` are; those of this install, unless .ci/light tries another."""
OF_PYTHON = BLOCK.findall((DOCS / "python.md").read_text())
COMMANDS = [text for kind, _, text in OF_PYTHON if kind == "console"]


def change(path: Path, diff: str) -> None:
    """Each run of removed lines, found once, gives way to the run of added lines behind it."""
    signs = groupby(diff.splitlines(keepends=True), lambda line: line[0])
    runs = [(sign, "".join(line[1:] for line in lines)) for sign, lines in signs]
    for (minus, old), (plus, new) in zip(runs[::2], runs[1::2], strict=True):
        assert (minus, plus) == ("-", "+")
        text = path.read_text()
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new))


def say(folder: Path, session: str) -> None:
    """Each `$ command` prints what stands below it, `...` for anything."""
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    for command, wanted in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", session, re.MULTILINE):
        done = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S602
        assert doctest.OutputChecker().check_output(wanted, done.stdout, doctest.ELLIPSIS), done.stdout


@pytest.mark.whole
def test_every_step_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    steps, _, _ = (DOCS / "verifiers.md").read_text().partition("\n## ")
    blocks = BLOCK.findall(steps)
    assert [kind for kind, _, _ in blocks].count("console") == 5
    for kind, name, text in blocks:
        if kind == "console":
            say(tmp_path, text)
        elif kind == "diff":
            change(tmp_path / name, text)
        else:
            (tmp_path / name).write_text(text)
    assert (tmp_path / "audit.jsonl").read_text() == ""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.splitlines()[0].split()[-1])
def test_every_program_of_the_page_on_python_prints_what_it_says(command: str, tmp_path: Path) -> None:
    files = {name: text for kind, name, text in OF_PYTHON if kind != "console"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    say(tmp_path, command)


def test_no_program_of_the_page_on_python_is_left_out() -> None:
    programs = {name for kind, name, _ in OF_PYTHON if kind == "python"}
    run = {command.splitlines()[0].split()[-1] for command in COMMANDS}
    assert run == programs - {"vowels.py"} and len(run) == 7
