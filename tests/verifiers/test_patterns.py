"""Patterns mean the same under every Python that we support: before 3.11.5 a loop or group that gives nothing back
answers wrongly where what it holds has choices of its own (gh-106052)."""

import re
import subprocess
import sys
from collections.abc import Iterator
from re import _constants as words  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

LOOPS = (words.MAX_REPEAT, words.MIN_REPEAT, words.POSSESSIVE_REPEAT)
KEEPING = (words.POSSESSIVE_REPEAT, words.ATOMIC_GROUP)

RECORD = """
import importlib, pkgutil, re
made, real = [], re.compile
re.compile = lambda pattern, flags=0: made.append((pattern, int(flags))) or real(pattern, flags)
import temper
for package in ("verifiers", "rows", "sandboxes", "recipes"):
    package = importlib.import_module(f"temper.{package}")
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if ".sandboxes.box." not in module.name:
            importlib.import_module(module.name)
print([(pattern, flags) for pattern, flags in made if isinstance(pattern, str)])
"""


def parts(items: Any) -> Iterator[tuple[Any, Any]]:
    """Each construct that holds others, with what it holds."""
    for name, held in items:
        if name in LOOPS:
            yield name, held[2]
        elif name is words.SUBPATTERN:
            yield name, held[3]
        elif name is words.ATOMIC_GROUP:
            yield name, held
        elif name in (words.ASSERT, words.ASSERT_NOT):
            yield name, held[1]
        elif name is words.BRANCH:
            yield from ((name, branch) for branch in held[1])


def has_choices(items: Any) -> bool:
    loops = any(name in LOOPS[:2] and held[0] != held[1] or name is words.BRANCH for name, held in items)
    return loops or any(has_choices(held) for name, held in parts(items))


def is_unsure(items: Any) -> bool:
    return any(name in KEEPING and has_choices(held) or is_unsure(held) for name, held in parts(items))


@pytest.mark.parametrize("pattern", [r"(?:ab?c)*+", r"(?:ab|c)++", r"(?>a*b)", r"x(y(?:a|bc)?+)"])
def test_the_rule_finds(pattern: str) -> None:
    assert is_unsure(parser.parse(pattern))


@pytest.mark.parametrize("pattern", [r"[ab]*+", r"(?:ab)++", r"(?:[ab]++|cd)*", r"(?:\.[0-9]++)?"])
def test_the_rule_lets_pass(pattern: str) -> None:
    assert not is_unsure(parser.parse(pattern))


def test_no_pattern_depends_on_it() -> None:
    done = subprocess.run([sys.executable, "-c", RECORD], capture_output=True, text=True, check=True)
    made = eval(done.stdout.splitlines()[-1])  # noqa: S307
    assert len(made) > 150
    assert [pattern for pattern, flags in made if is_unsure(parser.parse(pattern, flags & ~re.DEBUG))] == []
