"""The page on a verifier of one's own, followed to the letter in an empty folder (but for the training)."""

from itertools import groupby
from pathlib import Path

from pages import BLOCK, DOCS, say


def change(path: Path, diff: str) -> None:
    """Each run of removed lines, found once, gives way to the run of added lines behind it."""
    signs = groupby(diff.splitlines(keepends=True), lambda line: line[0])
    runs = [(sign, "".join(line[1:] for line in lines)) for sign, lines in signs]
    for (minus, old), (plus, new) in zip(runs[::2], runs[1::2], strict=True):
        assert (minus, plus) == ("-", "+")
        text = path.read_text()
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new))


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
