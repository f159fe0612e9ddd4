"""The page on verifiers and sandboxes from Python: each command of it, with the page's files beside it."""

from pathlib import Path

import pytest
from pages import BLOCK, DOCS, say

BLOCKS = BLOCK.findall((DOCS / "python.md").read_text())
SESSIONS = [text for kind, _, text in BLOCKS if kind == "console"]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.splitlines()[0].split()[-1])
def test_every_command_of_the_page_prints_what_it_says(session: str, tmp_path: Path) -> None:
    for kind, name, text in BLOCKS:
        if kind != "console":
            (tmp_path / name).write_text(text)
    say(tmp_path, session)


def test_every_program_of_the_page_is_run() -> None:
    programs = {name for kind, name, _ in BLOCKS if kind == "python"}
    run = {session.splitlines()[0].split()[-1] for session in SESSIONS}
    assert run == programs - {"vowels.py"} and len(run) >= 7
