"""Keys know the code: a change of what decides a result moves the keys of those results, prose moves none, and what the
repository holds is what its stages' numbers stand for."""

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import pytest

from temper.pipeline import stage_code
from temper.pipeline.ledger import plan
from temper.pipeline.loading import load
from temper.pipeline.stage_code import DECIDES, DECIDES_NOTHING, ROOT, STORED, Coded, code_digest, files

WriteRecipe = Callable[..., Path]

EVERY = {"base", "extend", "sft", "rlvr", "eval"}
TRAIN = (
    "extend.train={data: [{kind: generated, rows: 5}], pack_tokens: 64, packs_per_step: 1, steps: 1, "
    "schedule: {learning_rate: 1}}"
)


@pytest.mark.parametrize("stage", DECIDES)
def test_the_stored_code_is_the_code(stage: Coded) -> None:
    stored = json.loads(STORED.read_text())[stage]["code"]
    assert stored == code_digest(DECIDES[stage]), (
        f"the code that decides the result of {stage!r} has changed. Where the same recipe gives another result now: "
        f"python -m temper.pipeline.stage_code --raise {stage}; where it gives the same: "
        "python -m temper.pipeline.stage_code, and say in the commit why it does"
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in {path.relative_to(ROOT).parts[0] for path in files(["*/__init__.py"])}:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def known(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_recipe: WriteRecipe
) -> Callable[..., dict[str, str]]:
    """The keys of a recipe under the code of the copy."""
    path = write_recipe()
    stored = shutil.copy(STORED, tmp_path / STORED.name)
    monkeypatch.setattr(stage_code, "ROOT", tree)
    monkeypatch.setattr(stage_code, "STORED", Path(stored))
    stage_code.write([])
    return lambda *overrides: {stage.name: stage.key for stage in plan(load(path, overrides))}


CHANGES = {
    "an advantage is doubled": ("rlvr/advantages.py", "scale * (reward", "2 * scale * (reward", {"rlvr", "eval"}),
    "a baseline": ("rlvr/advantages.py", "len(present) - 1)", "len(present) - 2)", {"rlvr", "eval"}),
    "a clip": ("rlvr/trl_seam.py", "", "\nx = 1\n", {"rlvr", "eval"}),
    "a default of an objective": ("rlvr/objective.py", "ClipHigh = 0.28", "ClipHigh = 0.29", {"rlvr", "eval"}),
    "a penalty": ("rlvr/shaping.py", "-section.penalty * min", "section.penalty * min", {"rlvr", "eval"}),
    "a verifier": ("verifiers/math.py", "return scored(", "return scored(0.5 * ", {"rlvr", "eval"}),
    "what a verifier uses": ("verifiers/latex/algebra.py", "", "\nx = 1\n", {"rlvr", "eval"}),
    "the box": ("sandboxes/box/watch.py", "", "\nx = 1\n", {"rlvr", "eval"}),
    "the border": ("sandboxes/box/border/guarding.py", "", "\nx = 1\n", {"rlvr", "eval"}),
    "the image": ("sandboxes/Dockerfile", "", "\nRUN true\n", {"rlvr", "eval"}),
    "what computes a stylesheet": ("sandboxes/computed.mjs", "", "\n;\n", {"rlvr", "eval"}),
    "a package of npm": ("sandboxes/package-lock.json", "", "\n", {"rlvr", "eval"}),
    "a mask": ("sft/masks.py", "", "\nx = 1\n", {"sft", "rlvr", "eval"}),
    "a loss": ("sft/loss.py", "VOCABULARY_CHUNK = 32_768", "VOCABULARY_CHUNK = 16", {"sft", "rlvr", "eval"}),
    "the template": ("policy/chat.jinja", "", "\n", {"sft", "rlvr", "eval"}),
    "a row of a dataset": ("rows/gsm8k.py", "", "\nx = 1\n", {"sft", "rlvr", "eval"}),
    "YaRN": ("policy/rope.py", '"rope_type": "yarn"', '"rope_type": "linear"', {"extend", "sft", "rlvr", "eval"}),
    "a tiny base": ("policy/tiny.py", "500_000.0", "10_000.0", EVERY),
    "a new module": ("sft/new.py", None, "x = 1\n", {"sft", "rlvr", "eval"}),
    "a new verifier": ("verifiers/deep/new.py", None, "x = 1\n", {"rlvr", "eval"}),
    "prose": ("rlvr/advantages.py", '"""From a group', '"""Of a group', set()),
    "a comment": ("verifiers/math.py", "", "\n# new\n", set()),
    "what is told of a step": ("rlvr/metrics.py", "", "\nx = 1\n", set()),
    "a page": ("view/report.py", "", "\nx = 1\n", set()),
    "the cluster": ("pipeline/cluster.py", "", "\nx = 1\n", set()),
    "a measurement": ("sandboxes/bench.py", "", "\nx = 1\n", set()),
    "a test": ("tests/test_new.py", None, "x = 1\n", set()),
}  # fmt: skip
"""File, a text in it (all of it where empty, none where it is new), what stands there instead, the keys that move."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_code_moves_the_keys_of_what_it_decides(
    known: Callable[..., dict[str, str]], tree: Path, change: str
) -> None:
    name, old, new, stages = CHANGES[change]
    path = tree / name
    before, text = known(), path.read_text() if old is not None else ""
    assert old is None or old in text
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_text(text.replace(old, new, 1) if old else text + new)
        after = known()
    finally:
        if old is None:
            path.unlink()
        else:
            path.write_text(text)
    assert {stage for stage in EVERY if before[stage] != after[stage]} == stages
    assert known() == before, "changed back, what was finished is finished"


def test_an_extension_that_trains_knows_the_code_of_sft(known: Callable[..., dict[str, str]], tree: Path) -> None:
    plain, trained = known(), known(TRAIN)
    path = tree / "sft/loss.py"
    text = path.read_text()
    try:
        path.write_text(text + "\nx = 1\n")
        assert known()["extend"] == plain["extend"]
        assert known(TRAIN)["extend"] != trained["extend"]
    finally:
        path.write_text(text)


def test_confirmed_code_keeps_the_keys_and_a_raised_version_moves_them(
    known: Callable[..., dict[str, str]], tree: Path
) -> None:
    path = tree / "rlvr/groups.py"
    text, before = path.read_text(), known()
    try:
        path.write_text(text + "\nx = 1\n")
        assert known()["rlvr"] != before["rlvr"]
        stage_code.main([])
        assert known() == before
        stage_code.main(["--raise", "rlvr"])
        raised = known()
        assert {stage for stage in EVERY if before[stage] != raised[stage]} == {"rlvr", "eval"}
    finally:
        path.write_text(text)
    stored = json.loads(stage_code.STORED.read_text())
    assert {name: stored[name]["version"] for name in stored} == {
        name: json.loads(STORED.read_text())[name]["version"] + (name == "rlvr") for name in stored
    }


SAID = """
import os

def f(x: int = 1, *rest: str) -> str:
    if x > 1:
        return f"{x:>{x}} of" "them" + 'text'
    return [y for y in rest if y][0]

class A:
    field: int = 3
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import os", "# of the system\nimport os  # here"),
        ("import os", '"""Of the module."""\nimport os'),
        ("    if x", '    """Of the function."""\n    if x'),
        ("    field: int = 3", '    """Of the class."""\n\n    field: int = 3\n    """Of the field."""'),
        ("    field: int = 3", "    field : int   =  3\n\n\n"),
        ("'text'", '"text"'),
        ("'text'", '("text")'),
        ("x: int = 1", "x: int = 0x1"),
        ("x > 1", "(x > 1)"),
    ],
)
def test_prose_and_form_do_not_matter(old: str, new: str) -> None:
    assert said(SAID.replace(old, new)) == said(SAID)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x > 1", "x >= 1"),
        ("x > 1", "1 > x"),
        ("x: int = 1", "x: int = 2"),
        ("x: int = 1", "x: int"),
        ("x: int = 1", "x: float = 1"),
        ("x: int = 1", "x: int = True"),
        ("x: int = 1", "x: int = 1.0"),
        ("'text'", "'texts'"),
        ("'text'", "b'text'"),
        ('of" "them', "of them"),
        ("{x:>{x}}", "{x:<{x}}"),
        ("{x:>{x}}", "{x!r:>{x}}"),
        ("if y]", "if not y]"),
        ("if y]", "]"),
        ("*rest", "**rest"),
        ("field: int = 3", "field = 3"),
        ("field: int = 3", "field: int = '3'"),
        ("field: int = 3", "field: int = 3; text = 'a docstring of nothing'"),
        ("class A:", "@final\nclass A:"),
        ("class A:", "class A(B):"),
        ("import os", "import os as sys"),
        ("import os", ""),
        ("def f", "async def f"),
        ("    if x > 1:\n        return", "    while x > 1:\n        return"),
    ],
)
def test_whatever_else_changes_matters(old: str, new: str) -> None:
    assert old in SAID
    assert said(SAID.replace(old, new)) != said(SAID)


def test_a_digest_is_the_same_under_every_python() -> None:
    """Written under 3.11, tried under 3.12 and 3.13; `ast.dump` gives each another text."""
    assert said(SAID)[:16] == "d77261fab98490c5"


def said(text: str) -> str:
    return stage_code._said(text.encode())


@pytest.mark.parametrize("stage", DECIDES)
def test_every_pattern_names_a_file(stage: Coded) -> None:
    assert [pattern for pattern in DECIDES[stage] if not files([pattern])] == []
    assert all((ROOT / name).is_file() for name in DECIDES_NOTHING)


def test_every_module_decides_some_result_or_is_said_to_decide_none() -> None:
    rooms = ("policy", "sft", "rlvr", "verifiers", "sandboxes", "rows", "recipes")
    decide = {path for patterns in DECIDES.values() for path in files(patterns)}
    ours = {path for path in files(f"{room}/**/*.py" for room in rooms) if path.name != "__init__.py"}
    lost = sorted(str(path.relative_to(ROOT)) for path in ours - decide)
    assert not lost, f"{lost}: no stage's key knows this code; name it in DECIDES or in DECIDES_NOTHING of stage_code"


BESIDE = {
    "base": {"policy/checkpoint"},  # it writes what was made, and whoever reads it compares
    "extend": {"policy/chat"},  # the hash of a template that a base may bring
    "rlvr": {"sft/examples"},  # the other half of what reads rows
    "eval": {"sft/examples", "rlvr/section"},  # of the fields those that count are in the key themselves
    "packs": {"policy/checkpoint", "sft/section"},  # the tokenizer and the fields are in the key themselves
}
DRIVER = {f"pipeline/{name}" for name in ("extras", "identity", "ledger", "plugins", "recipe", "stage_code")}
"""What enters a key and where a stage lies, what is installed, which rows are refused."""


@pytest.mark.parametrize("stage", [*DECIDES, "packs"])
def test_what_a_stage_has_imports_nothing_that_its_key_does_not_know(stage: Coded | Literal["packs"]) -> None:
    """But for `pipeline/stages.py`, which runs every stage; verifiers, boxes and rows are listed whole."""
    patterns = stage_code.PREPARES if stage == "packs" else DECIDES[stage]
    known = {path.relative_to(ROOT).as_posix().removesuffix(".py") for path in files(patterns)}
    known |= DRIVER | BESIDE.get(stage, set()) | {name.removesuffix(".py") for name in DECIDES_NOTHING}
    for path in files(patterns):
        room = path.relative_to(ROOT).parts[0]
        if room in ("policy", "sft", "rlvr", "pipeline") and path.suffix == ".py" and path.name != "stages.py":
            assert imported(path) <= known, f"{stage}: {path} imports {sorted(imported(path) - known)}"


def imported(path: Path) -> set[str]:
    """Modules of the rooms that train, as `policy/chat`."""
    nodes = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ImportFrom)]
    names = {str(node.module) for node in nodes} | {
        f"{node.module}.{each.name}" for node in nodes for each in node.names
    }
    modules = {name.removeprefix("temper.").replace(".", "/") for name in names if name.startswith("temper.")}
    rooms = ("policy/", "sft/", "rlvr/", "recipes/", "pipeline/")
    return {name for name in modules if name.startswith(rooms) and (ROOT / f"{name}.py").is_file()}


def test_each_stage_has_a_number() -> None:
    stored = json.loads(STORED.read_text())
    assert tuple(stored) == get_args(Coded) == tuple(DECIDES)
    assert all(isinstance(each["version"], int) and each["version"] >= 1 for each in stored.values())
