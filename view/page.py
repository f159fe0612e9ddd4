"""The page, as the server sends it and as one file that opens from disk.

Scripts and styles are ours alone (`app.js`, `app.css`, `chart.js`), a few tens of kB without dependencies. Served, they
come from the server's own origin; in a file they are inline and the policy names them by their hashes, so that nothing
that a completion holds could run even if it were laid out. It is not: every text goes into the page as text.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import JsonValue

from temper.view.answers import Answers, as_text
from temper.view.rollouts import Json

HERE = Path(__file__).parent
ASSETS = {"app.js": "text/javascript; charset=utf-8", "chart.js": "text/javascript; charset=utf-8",
          "app.css": "text/css; charset=utf-8"}  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEAD = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>temper</title>\n'
    '<link rel="icon" href="data:,">\n'
)
_BODY = (
    '<a class="skip" href="#main">to the content</a>\n<header id="top"></header>\n'
    '<main id="main" tabindex="-1"></main>\n'
    "<noscript>This page needs its own script.</noscript>\n"
)


@cache
def asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def served() -> str:
    """The shell that the server sends for every page."""
    scripts = '<script src="/chart.js" defer></script>\n<script src="/app.js" defer></script>\n'
    return f'{_HEAD}<link rel="stylesheet" href="/app.css">\n{scripts}{_BODY}</html>\n'


def standing(answers: Mapping[str, Json], start: str) -> str:
    """One file with the answers to all that it may ask, which begins at the view `start`."""
    script, style = asset("chart.js") + asset("app.js"), asset("app.css")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    data = as_text({"start": start, "answers": dict(answers)})
    return (
        f'{_HEAD}<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n{_BODY}'
        f'<script type="application/json" id="data">{data}</script>\n<script>{script}</script>\n</html>\n'
    )


def of_groups(answers: Answers, name: str, groups: Iterable[tuple[str, int]] = ()) -> str:
    """The run's page, and of its groups those (step, number) that are given."""
    found: dict[str, Json] = {f"run/{name}": answers.answer(f"run/{name}")}
    by_step: dict[str, list[int]] = {}
    for step, number in groups:
        found[f"run/{name}/group/{step}/{number}"] = answers.answer(f"run/{name}/group/{step}/{number}")
        by_step.setdefault(step, []).append(number)
    for step, numbers in by_step.items():
        found[f"run/{name}/step/{step}"] = _only(answers.answer(f"run/{name}/step/{step}"), numbers)
        for number in numbers:
            found[f"run/{name}/group/{step}/{number}"]["groups"] = _numbers(numbers)
    found[f"run/{name}"]["steps"] = [
        file for file in _list(found[f"run/{name}"]["steps"]) if isinstance(file, dict) and file["name"] in by_step
    ]
    return standing(found, f"#/run/{name}")


def _only(step: Json, numbers: list[int]) -> Json:
    """A step's answer with these groups alone."""
    groups, counted = _list(step["groups"]), step["rollouts"]
    assert isinstance(counted, dict)
    kept = [at for at, number in enumerate(_list(counted["group"])) if number in numbers]
    rollouts: Json = {name: [_list(values)[at] for at in kept] if values else [] for name, values in counted.items()}
    return {**step, "groups": [row for row in groups if isinstance(row, dict) and row["group"] in numbers],
            "rollouts": rollouts}  # fmt: skip


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _numbers(values: Iterable[int]) -> JsonValue:
    return [*sorted(values)]
