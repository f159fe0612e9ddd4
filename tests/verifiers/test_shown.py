"""Text of strangers: any file takes it, and it drives no terminal."""

import pytest

from temper.verifiers.shown import encodable, shown
from temper.verifiers.verdict import MAX_DETAIL, Verdict, abstained, scored

DRIVES = "\x1b[2J \x9b31m \x00 \x07 \x7f \x85 \r \u2028 \u202e \u2066 \ud800"


def test_nothing_that_is_shown_drives_a_terminal() -> None:
    assert shown(DRIVES) == "␛[2J \\x9b31m ␀ ␇ \\x7f \\x85 ␍ \\u2028 \\u202e \\u2066 \\ud800"
    assert shown("a\nb\tc") == "a␊b␉c"
    assert shown("a\nb\tc\rd", lines=True) == "a\nb\tc␍d"


@pytest.mark.parametrize("text", ["", "naïve – 数学 \U0001f600", "e\u0301", "\\ud800"])
def test_other_text_stays(text: str) -> None:
    assert shown(text) == encodable(text) == text


@pytest.mark.parametrize(
    "made", [scored(0.0, "\ud800"), abstained("\ud800"), Verdict(outcome="abstained", detail="\ud800")]
)
def test_a_detail_can_be_written_wherever_it_was_made(made: Verdict) -> None:
    assert made.detail == "\\ud800"
    assert made.detail.encode()


def test_a_detail_has_a_length() -> None:
    assert len(scored(0.0, "x" * 1_000_000).detail) == MAX_DETAIL + len("...")
