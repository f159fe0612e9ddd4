"""What code decides a stage's result, as its key knows it.

A key holds the stage's version, a number, as long as the code is the one that stood here when the number was given or
confirmed; `stage_code.json` says which that was. Other code adds its digest, so what one edited installation made is
never taken for what another makes. A test compares the two, so whoever changes the code says which it is before it is
committed (CONTRIBUTING.md, "Keys"):

    python -m temper.pipeline.stage_code                 # the result is the same: finished stages stay finished
    python -m temper.pipeline.stage_code --raise rlvr    # it is another: they run again

A digest is of the syntax trees without comments and docstrings, so prose does not matter; of the bytes where a file is
not Python. It is the same under every Python. Not seen: other packages, whose releases `versions.json` names, and
`pipeline/cluster.py`, which starts the workers.
"""

import argparse
import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import JsonValue

from temper.pipeline.identity import digest, remembered
from temper.policy.atomic import write_atomic

ROOT = Path(__file__).parents[1]
STORED = Path(__file__).with_name("stage_code.json")

Coded = Literal["base", "base.train", "extend", "extend.train", "sft", "rlvr", "eval"]
"""The stages; a base or an extension that trains has SFT's code as well, and so a number of its own."""

_POLICY = ("policy/**/*.py", "policy/*.jinja")
_ROWS = (
    *("rows/*.py", "rows/*/*.py", "recipes/*.py", "pipeline/sources.py", "pipeline/columns.py"),
    *("verifiers/rows.py", "verifiers/reading/strict_json.py"),  # JSON Lines are read here, whoever needs them
)
_JUDGING = (
    *("verifiers/**/*.py", "sandboxes/**/*.py", "sandboxes/Dockerfile"),
    *("sandboxes/computed.mjs", "sandboxes/package-lock.json"),
)
_EXTEND = tuple(
    f"policy/{name}.py"
    for name in ("base_config", "checkpoint", "generation", "health", "mtp", "rope", "rope_probe", "section")
)
PREPARES = (
    *(*_ROWS, "pipeline/packs.py", "policy/chat.*"),
    *(f"policy/{name}.py" for name in ("added_tokens", "encoding", "rendering", "special_tokens")),
    *(f"sft/{name}.py" for name in ("documents", "examples", "masks", "packing", "shard")),
)
"""What makes packs of rows."""
_SFT = (*_POLICY, *PREPARES, "sft/*.py")
_SAMPLING = (
    *("pipeline/judging.py", "pipeline/prompt_tokens.py", "pipeline/stages.py"),
    *("rlvr/batches/columns.py", "rlvr/dialogue.py", "rlvr/evaluate.py", "rlvr/rollout.py", "rlvr/transcript.py"),
    "rlvr/engines/*.py",
    *(f"rlvr/routing/{name}.py" for name in ("experts", "recording", "routers")),
    *("pipeline/scoring.py", "pipeline/standing.py", "pipeline/theirs.py", "rlvr/estimates.py", "rlvr/suite.py"),
    "pipeline/calling.py",
)
_EVAL = (*_POLICY, *_ROWS, *_SAMPLING)
DECIDES: dict[Coded, tuple[str, ...]] = {
    "base": ("policy/added_tokens.py", "policy/special_tokens.py", "policy/tiny.py", "recipes/*.py"),
    "base.train": (*_SFT, "recipes/*.py"),
    "extend": _EXTEND,
    "extend.train": _SFT,
    "sft": _SFT,
    "rlvr": (*_EVAL, *_JUDGING, "rlvr/**/*.py"),
    "eval": _EVAL,  # the judging code is in its key as it is
}
"""Files by stage, as patterns below `ROOT`."""

DECIDES_NOTHING = frozenset(
    {
        *("policy/atomic.py", "policy/export.py"),  # how files are written
        *("policy/bases.py", "policy/sources.py"),  # what their fields say is in the keys
        *("pipeline/gateways.py", "pipeline/placing.py"),  # whom a run asks and where they stand, which is in no key
        *("rlvr/clock.py", "rlvr/metrics.py", "rlvr/monitor.py", "rlvr/record.py"),  # what is told of a run
        *(
            "pipeline/pulse.py",
            "pipeline/failures.py",
        ),  # what roles say of themselves, and how a lost one is waited for
        *("rlvr/doubles.py", "verifiers/doubles.py", "sandboxes/bench.py", "sandboxes/doctor.py"),  # no run has them
    }
)


def stage_code(name: Coded) -> JsonValue:
    """The stage's version, and the digest of its code where that is not the code of the version."""
    stored = json.loads(STORED.read_bytes())[name]
    code = code_digest(DECIDES[name])
    number: JsonValue = stored["version"]
    return number if code == stored["code"] else [number, code]


def judging_code(folder: Path) -> str:
    """Of our verifiers and sandboxes and of the modules in `folder`: what a verdict is a function of."""
    code = hashlib.sha256(code_digest(_JUDGING).encode())
    for path in sorted(folder.glob("*.py")):
        code.update(path.read_bytes())
    return code.hexdigest()


def preparing_code() -> str:
    """Of what makes packs of rows: our code, and the releases of what renders and tokenizes."""
    releases = " ".join(version(name) for name in ("transformers", "tokenizers", "jinja2"))
    return hashlib.sha256(f"{releases} {code_digest(PREPARES)}".encode()).hexdigest()


def files(patterns: Iterable[str]) -> list[Path]:
    """What the patterns name, each once, in order of the name."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(path for path in found if path.relative_to(ROOT).as_posix() not in DECIDES_NOTHING)


def code_digest(patterns: Sequence[str]) -> str:
    """SHA-256 of what the files say. To read them takes milliseconds, to parse them half a second, so that is
    remembered."""
    read = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files(patterns)}
    stamp = hashlib.sha256(repr([sorted(read.items()), Path(__file__).read_bytes()]).encode()).hexdigest()

    def parsed() -> list[str]:
        said = {name: _said(content) if name.endswith(".py") else content.hex() for name, content in read.items()}
        return [digest(dict(said))]

    (code,) = remembered(f"code {ROOT} {' '.join(patterns)}", stamp, parsed)
    return code


@cache
def _said(source: bytes) -> str:
    """SHA-256 of what a Python file says."""
    return hashlib.sha256("\0".join(_spelled(ast.parse(source))).encode()).hexdigest()


def _spelled(node: Any) -> Iterator[str]:
    """The tree in words. Not `ast.dump`, which writes another text under another Python: fields that are empty are left
    out, for a new Python has new ones."""
    if isinstance(node, ast.JoinedStr):  # Python 3.12.1 puts empty texts between the parts of some f-strings
        node.values = [part for part in node.values if not (isinstance(part, ast.Constant) and part.value == "")]
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != [] and name != "ctx":
                yield name
                yield from _spelled(value)
    elif isinstance(node, list):
        yield "["
        for item in node:
            if not _is_prose(item):
                yield from _spelled(item)
        yield "]"
    else:
        yield repr(node)


def _is_prose(node: Any) -> bool:
    """A text that stands by itself: a docstring, of a field too."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def write(raised: Sequence[Coded]) -> dict[str, JsonValue]:
    """Writes down the code as it is now, under the same versions but for those that are raised by one."""
    known: dict[str, Any] = json.loads(STORED.read_bytes()) if STORED.exists() else {}
    stored: dict[str, JsonValue] = {
        name: {
            "version": known.get(name, {"version": 1})["version"] + (name in raised),
            "code": code_digest(DECIDES[name]),
        }
        for name in DECIDES
    }
    write_atomic(STORED, json.dumps(stored, indent=2) + "\n")
    return stored


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write down the code that decides the stages' results as it is now.")
    parser.add_argument(
        "--raise", dest="raised", nargs="+", default=[], choices=get_args(Coded), help="stages whose result is another"
    )
    for name, stored in write(parser.parse_args(argv).raised).items():
        print(name, stored)


if __name__ == "__main__":
    main()
