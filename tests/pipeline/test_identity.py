"""What is in a key: every field but the marked ones, data and bases by what they hold, the recipe's own modules."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, create_model

from temper.pipeline.identity import base_identity, in_key, module_digest, remembered, source_identity
from temper.pipeline.ledger import plan
from temper.pipeline.loading import load
from temper.pipeline.recipe import Recipe
from temper.policy.bases import HubBase
from temper.policy.section import ByContent, Key, NotInKey, Section, in_keys
from temper.policy.sources import FileRows, HubRows

WriteRecipe = Callable[..., Path]

STAGES = {"base", "extend", "sft", "rlvr", "eval"}
COMMIT = "0123456789abcdef0123456789abcdef01234567"

HUB = f"kind: hub, name: a/b, revision: {COMMIT}"
SIZES = "{layers: 1, hidden: 8, vocabulary: 9, heads: 1, kv_heads: 1, head_dim: 8, width: 8}"


def suite(said: str = "") -> str:
    """An override with one suite of one benchmark, which says this besides."""
    return f"eval.suites=[{{name: s, benchmarks: [{{name: b, data: [{{kind: generated, rows: 1}}], {said}}}]}}]"


FREE = {
    "Recipe.name": ("name=mine", "name=other"),
    "Recipe.stages": ("stages=[extend, sft, rlvr, eval]", "stages=[extend, sft, rlvr]"),
    "Recipe.validation": ("validation=null", "validation={every: 5, problems: 10}"),
    "Recipe.cluster": ("cluster={}", "cluster={sft: {ranks: 2}, verifiers: 7}"),
    "Recipe.trackers": ("trackers=[]", "trackers=[wandb]"),
    "SftSection.save_every": ("sft.save_every=6", "sft.save_every=7"),
    "SftSection.max_empty_share": ("sft.max_empty_share=0.4", "sft.max_empty_share=0.5"),
    "RlvrSection.max_empty_share": ("rlvr.max_empty_share=0.4", "rlvr.max_empty_share=0.5"),
    "RlvrSection.save_every": ("rlvr.save_every=6", "rlvr.save_every=7"),
    "RlvrSection.max_error_share": ("rlvr.max_error_share=0.4", "rlvr.max_error_share=0.5"),
    "RlvrSection.on_alarm": ("rlvr.on_alarm=log", "rlvr.on_alarm=stop"),
    "RlvrSection.shadow": ("rlvr.shadow=null", "rlvr.shadow={verifier: math}"),
    "TransformersEngineSection.batch": ("engine={kind: transformers}", "engine={kind: transformers, batch: 8}"),
    "TransformersEngineSection.draft": ("engine={kind: transformers}", "engine={kind: transformers, draft: mtp}"),
    "TransformersEngineSection.draft_rows": (
        "engine={kind: transformers}",
        "engine={kind: transformers, draft_rows: 2}",
    ),
    "TransformersEngineSection.memory": ("engine={kind: transformers}", "engine={kind: transformers, memory: 0.1}"),
    "VllmEngineSection.batch": ("engine={kind: vllm}", "engine={kind: vllm, batch: 8}"),
    "VllmEngineSection.memory": ("engine={kind: vllm}", "engine={kind: vllm, memory: 0.1}"),
    "SandboxSection.slots": ("sandbox.slots=3", "sandbox.slots=4"),
    "AuditSection.max_failed_share": ("audit.max_failed_share=0", "audit.max_failed_share=0.5"),
    "AuditSection.max_shared_share": ("audit.max_shared_share=0", "audit.max_shared_share=0.5"),
    "AuditSection.max_unread_share": ("audit.max_unread_share=0", "audit.max_unread_share=0.5"),
    "HubRows.streaming": (f"sft.data=[{{{HUB}}}]", f"sft.data=[{{{HUB}, streaming: true}}]"),
    "BenchmarkSection.lower_is_better": (suite(), suite("lower_is_better: true")),
    "BenchmarkSection.published": (
        suite("source: a paper"),
        suite("source: a paper, published: [{checkpoint: sft, variant: instruct, value: 5}]"),
    ),
    "BenchmarkSection.source": (suite(), suite("source: a paper")),
    "VerifiersSection.plugins": ("verifiers={}", "verifiers={plugins: [mine]}"),
    "HubBase.parameters": (f"base={{{HUB}}}", f"base={{{HUB}, parameters: 7}}"),
    "HubBase.sizes": (f"base={{{HUB}}}", f"base={{{HUB}, sizes: {SIZES}}}"),
}
"""Every field that is in no key, and two values of it."""


def sections(model: type[BaseModel] = Recipe) -> set[type[BaseModel]]:
    """A section and all that stand in it, through unions, tuples and `Annotated`."""

    def inside(annotation: Any) -> Iterator[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from sections(annotation)
        for part in get_args(annotation):
            yield from inside(part)

    return {model, *(each for field in model.model_fields.values() for each in inside(field.annotation))}


def marks() -> dict[str, Any]:
    """The mark of each marked field, under the class that has it first."""
    return {
        f"{model.__name__}.{name}": field.json_schema_extra["in_key"]
        for model in sections()
        for name, field in model.model_fields.items()
        if name in model.__annotations__ and isinstance(field.json_schema_extra, dict)
    }


def test_what_is_in_no_key_is_listed_here() -> None:
    assert {name for name, mark in marks().items() if mark is False} == set(FREE)


def test_every_mark_is_one_that_keys_read() -> None:
    for name, mark in marks().items():
        assert mark in (False, "content") or (isinstance(mark, list) and mark and set(mark) <= set(get_args(Key))), name


@pytest.mark.parametrize("field", FREE)
def test_a_field_that_is_in_no_key_moves_none(write_recipe: WriteRecipe, field: str) -> None:
    one, other = (load(write_recipe(), [override]) for override in FREE[field])
    assert one.recipe != other.recipe
    known = [{stage.name: stage.key for stage in plan(loaded)} for loaded in (one, other)]
    assert known[0].items() >= known[1].items(), "but for a stage that does not run"


def test_a_new_field_of_the_recipe_is_in_every_key(write_recipe: WriteRecipe) -> None:
    class Larger(Recipe):
        turns: int = 1

    loaded = load(write_recipe())

    def known(turns: int) -> dict[str, str]:
        recipe = Larger.model_validate({**loaded.recipe.model_dump(), "turns": turns})
        return {stage.name: stage.key for stage in plan(replace(loaded, recipe=recipe))}

    before, after = known(1), known(2)
    assert {name for name in before if before[name] != after[name]} == STAGES


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # the other fields are all None
@pytest.mark.parametrize("model", [pytest.param(model, id=model.__name__) for model in sorted(sections(), key=str)])
def test_a_new_field_of_any_section_is_in_its_key(model: type[BaseModel]) -> None:
    larger: type[BaseModel] = create_model("Larger", __base__=model, turns=(int, 1))
    instance = larger.model_construct(**dict.fromkeys(larger.model_fields))
    for key in get_args(Key):
        assert "turns" in in_key(instance, key)


class Inner(Section):
    kept: int = 1
    free: NotInKey[int] = 2
    named: ByContent[str] = "path"
    later: Annotated[int, in_keys("rlvr", "eval")] = 3


class Outer(Section):
    one: Inner = Inner()
    many: tuple[Inner, ...] = (Inner(), Inner(kept=4))
    alone: NotInKey[Inner] = Inner()
    absent: Inner | None = None


def test_marks_hold_at_any_depth() -> None:
    assert in_key(Outer(), "sft") == {"one": {"kept": 1}, "many": [{"kept": 1}, {"kept": 4}], "absent": None}
    assert in_key(Outer(), "eval")["one"] == {"kept": 1, "later": 3}
    assert in_key(Outer())["one"] == {"kept": 1}, "what is in some keys alone is not in all"


def test_data_and_bases_are_known_by_what_they_hold(tmp_path: Path) -> None:
    rows, copy = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path in (rows, copy):
        path.write_text('{"id": "a"}\n')
    known = source_identity(FileRows(path=str(rows)), tmp_path)
    assert source_identity(FileRows(path=str(copy)), tmp_path) == known
    assert source_identity(FileRows(path=str(copy), skip=1), tmp_path) != known
    hub = HubRows(name="a/b", revision=COMMIT)
    assert source_identity(hub.model_copy(update={"streaming": True}), tmp_path) == source_identity(hub, tmp_path)
    assert source_identity(hub.model_copy(update={"split": "test"}), tmp_path) != source_identity(hub, tmp_path)
    base = HubBase(name="a/b", revision=COMMIT)
    assert base_identity(base) == {"kind": "hub", "name": "a/b", "revision": COMMIT, "add_tokens": False}
    with pytest.raises(ValueError, match="no such dataset file"):
        source_identity(FileRows(path=str(tmp_path / "none")), tmp_path)


@pytest.mark.parametrize(
    ("imports", "changed"),
    [
        ("import helper", "helper.py"),
        ("import helper as h, json", "helper.py"),
        ("from helper import f", "helper.py"),
        ("from . import helper", "helper.py"),
        ("def f():\n    from parts.deep import g", "parts/deep.py"),
        ("import parts.deep", "parts/deep.py"),
        ("from parts import deep", "parts/deep.py"),
        ("from parts import deep", "parts/__init__.py"),
        ("from parts.deep import g", "parts/near.py"),  # which parts/deep.py imports by `.near`
        ("from helper import f", "other.py"),  # which helper.py imports
    ],
)
def test_a_module_of_the_recipes_own_is_known_with_those_that_it_imports(
    tmp_path: Path, imports: str, changed: str
) -> None:
    (tmp_path / "parts").mkdir()
    files = {
        "mine.py": imports,
        "helper.py": "import other",
        "other.py": "",
        "parts/__init__.py": "",
        "parts/deep.py": "from .near import x",
        "parts/near.py": "x = 1",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    before = module_digest("mine", tmp_path)
    (tmp_path / changed).write_text("x = 2")
    assert module_digest("mine", tmp_path) != before


def test_what_a_module_does_not_import_is_none_of_its_identity(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import json, torch, mine\nfrom temper.verifiers import math\n")
    before = module_digest("mine", tmp_path)
    (tmp_path / "stranger.py").write_text("x = 2")
    assert module_digest("mine", tmp_path) == before is not None
    assert module_digest("absent", tmp_path) is None


@pytest.mark.parametrize("source", [b"def f(:", b"\0", b"\xff\xfe", b's = "\\d"\n'])
def test_a_module_that_cannot_be_parsed_is_known_by_its_bytes(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "mine.py").write_bytes(source)
    before = module_digest("mine", tmp_path)
    (tmp_path / "mine.py").write_bytes(source + b"#")
    assert None is not before != module_digest("mine", tmp_path)


def test_what_was_read_is_remembered_until_its_stamp_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    readings: list[str] = []

    def read() -> list[str]:
        readings.append("read")
        return [str(len(readings)), "more"]

    assert remembered("a", "1", read) == remembered("a", "1", read) == ["1", "more"]
    assert remembered("b", "1", read) == ["2", "more"]
    assert remembered("a", "2", read) == ["3", "more"]
    assert remembered("a", "2", read) == ["3", "more"]
    assert len(json.loads((tmp_path / "temper" / "digests.json").read_text())) == 2, "the old entry is replaced"


@pytest.mark.parametrize("content", ["", "no JSON", "[1]", '{"a": 3}', '{"a": []}', '{"a": ["1"]}'])
def test_a_cache_that_is_not_ours_is_read_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "temper").mkdir()
    (tmp_path / "temper" / "digests.json").write_text(content)
    assert remembered("a", "0", lambda: ["found"]) == ["found"]


def test_what_the_finding_of_the_audit_depends_on(write_recipe: WriteRecipe) -> None:
    sandbox = {"kind": "auto", "languages": ["python"], "packages": [], "memory_mb": 2048}
    content = {"verifiers": {}, "sandbox": sandbox, "audit": {"rows": 256}}
    assert in_key(load(write_recipe()).recipe, "audit") == content
