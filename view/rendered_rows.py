"""Rows as they are trained on, in the colours of a terminal or as one HTML page without scripts or links; every text of
a row is escaped."""

import html
from collections.abc import Iterable
from dataclasses import dataclass

from temper.verifiers.shown import shown

TRAINED, CONTROL, PLAIN = "\033[32m", "\033[1m", "\033[0m"
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem }
section { margin: 1.5rem 0 }
h2 { font-size: 1rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 small { font-weight: normal; opacity: .75 }
pre { background: #8881; border-radius: 6px; margin: 0; padding: .75rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
mark { background: #2a92; color: #18703a; border-radius: 2px }
@media (prefers-color-scheme: dark) { mark { color: #7fdc9c } }
"""


@dataclass(frozen=True)
class Run:
    """Successive tokens of a sample that are all trained or all not, all control tokens or none."""

    text: str
    tokens: int
    trained: bool
    control: bool

    def in_colour(self) -> str:
        style = TRAINED * self.trained + CONTROL * self.control
        return f"{style}{self.text}{PLAIN}" if style else self.text


@dataclass(frozen=True)
class Shown:
    """One sample, one row that makes none, or one problem."""

    where: str
    said: str
    """Counts, or why there is nothing to train."""
    runs: tuple[Run, ...] = ()

    def in_colour(self) -> str:
        """For a terminal: trained tokens green, control tokens bold."""
        text = "".join(run.in_colour() for run in self.runs)
        return shown(f"{self.where}: {self.said}", lines=True) + (f"\n{text}" if text else "")


def page(title: str, shown: Iterable[Shown]) -> str:
    """The page; trained tokens are marked, and say how many they are when pointed at."""
    sections = "\n".join(_section(one) for one in shown)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n<h1>{html.escape(title)}</h1>\n"
        "<p>Tokens that are <mark>trained</mark>, tokens that are only read, and <b>control tokens</b>.</p>\n"
        f"{sections}\n</html>\n"
    )


def _section(shown: Shown) -> str:
    text = "".join(map(_run, shown.runs))
    head = f"<h2>{html.escape(shown.where)} <small>{html.escape(shown.said)}</small></h2>"
    return f"<section>{head}<pre>\n{text}</pre></section>" if text else f"<section>{head}</section>"


def _run(run: Run) -> str:
    text = f"<b>{html.escape(run.text)}</b>" if run.control else html.escape(run.text)
    return f'<mark title="{run.tokens:,} tokens">{text}</mark>' if run.trained else text
