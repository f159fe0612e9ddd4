"""`extends`, `--set`, paths and messages."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from temper.pipeline.loading import load, merge
from temper.pipeline.mistakes import RecipeError
from temper.policy.bases import FolderBase
from temper.policy.sources import FileRows

WriteRecipe = Callable[..., Path]


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(RecipeError) as refused:
        load(path, overrides)
    return str(refused.value)


@pytest.mark.parametrize(
    ("under", "over", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"b": {"kind": "tiny", "x": 1}}, {"b": {"kind": "hub", "y": 2}}, {"b": {"kind": "hub", "y": 2}}),
        ({"b": {"kind": "tiny", "x": 1}}, {"b": {"kind": "tiny"}}, {"b": {"kind": "tiny", "x": 1}}),
        ({"b": {"x": 1}}, {"b": {"kind": "docker"}}, {"b": {"x": 1, "kind": "docker"}}),
    ],
)
def test_mappings_merge_and_everything_else_replaces(
    under: dict[str, object], over: dict[str, object], merged: dict[str, object]
) -> None:
    assert merge(under, over) == merged


def test_a_recipe_extends_through_several_files(write_recipe: WriteRecipe) -> None:
    write_recipe()
    write_recipe("extends: mine.yaml\nvariant: thinking\nsft: {steps: 20}\n", "middle.yaml")
    loaded = load(write_recipe("extends: middle.yaml\nname: last\n", "last.yaml"))
    assert (loaded.recipe.name, loaded.recipe.variant) == ("last", "thinking")
    assert loaded.recipe.sft
    assert (loaded.recipe.sft.steps, loaded.recipe.sft.pack_tokens) == (20, 1024)


def test_a_shipped_recipe_is_extended_from_any_folder(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: temper:tiny/instruct\nname: mine\nseed: 3\n")
    loaded = load(path)
    assert (loaded.recipe.name, loaded.recipe.seed, loaded.folder) == ("mine", 3, tmp_path)


def test_a_path_belongs_to_the_file_that_names_it(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    below = write_recipe()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = elsewhere / "mine.yaml"
    path.write_text("extends: ../recipe/mine.yaml\nname: other\nheld_out: [{kind: file, path: own.jsonl}]\n")
    recipe = load(path).recipe
    assert recipe.rlvr
    inherited, own = recipe.rlvr.data[0], recipe.held_out[0]
    assert isinstance(inherited, FileRows)
    assert isinstance(own, FileRows)
    assert inherited.path == str(below.parent / "problems.jsonl")
    assert own.path == str(elsewhere / "own.jsonl")


def test_a_path_on_the_command_line_belongs_to_the_current_folder(
    write_recipe: WriteRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    overrides = [
        "rlvr.data.0.path=here.jsonl",
        "base={kind: folder, path: checkpoint}",
        "stages=[rlvr, eval]",
    ]
    recipe = load(write_recipe(), overrides).recipe
    assert recipe.rlvr
    assert isinstance(recipe.rlvr.data[0], FileRows)
    assert recipe.rlvr.data[0].path == str(tmp_path / "here.jsonl")
    assert isinstance(recipe.base, FolderBase)
    assert recipe.base.path == str(tmp_path / "checkpoint")


def test_values_on_the_command_line_are_yaml(write_recipe: WriteRecipe) -> None:
    overrides = [
        "sft.schedule.learning_rate=1e-3",
        "trackers=[wandb]",
        "seed=7",
        "extend=null",
        "stages=[sft]",
    ]
    recipe = load(write_recipe(), overrides).recipe
    assert recipe.sft
    assert recipe.sft.schedule.learning_rate == 1e-3
    assert (recipe.trackers, recipe.seed, recipe.extend) == (("wandb",), 7, None)


def test_a_changed_kind_on_the_command_line_drops_the_old_fields(write_recipe: WriteRecipe) -> None:
    path = write_recipe(swap=("{kind: tiny}", "{kind: tiny, layers: 8}"))
    recipe = load(path, ["base.kind=folder", "base.path=/checkpoint"]).recipe
    assert recipe.base == FolderBase(path="/checkpoint")


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("seed", "--set: not a field and a value, got 'seed'; write --set a.b=c"),
        ("a..b=1", "not a field and a value"),
        ("seed=[1", "--set seed: not YAML, got '[1'"),
        ("rlvr.data.3.path=x", "--set rlvr.data.3.path: no such item, got '3'; the list has 1, from 0"),
        ("rlvr.data.x=1", "no such item, got 'x'"),
        ("sft.stepz=3", "--set sft.stepz=3: sft.stepz: unknown key, got 'stepz'; did you mean 'steps'?"),
        ("seed=x", "--set seed=x: seed: must be a valid integer, got 'x'; write a whole number"),
    ],
)
def test_a_bad_override_is_refused_by_name(write_recipe: WriteRecipe, override: str, complaint: str) -> None:
    assert complaint in refusal(write_recipe(), override)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "pack_tokens: 1024",
            "pack_token: 1024",
            "sft.pack_token: unknown key, got 'pack_token'; did you mean",
        ),
        ("pack_tokens: 1024", "pack_token: 1024", "sft.pack_tokens: missing; add it (Length of a pack"),
        (
            "group_size: 4",
            "group_size: '4'",
            "rlvr.group_size: must be a valid integer, got '4'; write a whole",
        ),
        ("group_size: 4", "group_size: true", "rlvr.group_size: must be a valid integer, got True"),
        ("group_size: 4", "group_size: 1", "rlvr.group_size: must be greater than or equal to 2, got 1"),
        (
            "variant: instruct",
            "variant: instructor",
            "variant: unknown value, got 'instructor'; use 'instruct' or",
        ),
        ("{kind: tiny}", "{kind: tinny}", "base.kind: unknown kind, got 'tinny'; use folder or hub or tiny"),
        ("{kind: tiny}", "{layers: 4}", "base.kind: missing; add kind: folder or hub or tiny"),
        (
            "{kind: tiny}",
            "{kind: tiny, layer: 4}",
            "base.layer: unknown key, got 'layer'; did you mean 'layers'?",
        ),
        ("{kind: tiny}", "{kind: hub, name: a/b, revision: main}", "base.revision: must match pattern"),
        ("rows: 10}", "row: 10}", "sft.data.0.row: unknown key, got 'row'; did you mean 'rows'?"),
        ("rows: 10}", "rows: 10, skip: -1}", "sft.data.0.skip: must be greater than or equal to 0, got -1"),
        (
            "group_size: 4",
            "group_size: 4\n  objective: {kind: gspo, icepop: [1]}",
            "rlvr.objective.icepop.1: missing; add it",
        ),
        ("learning_rate: 1e-5", "learning_rate: .nan", "must be a finite number, got nan"),
        ("name: mine", "name: 2026-11-22", "name: must be a text, number, list or mapping"),
        ("name: mine", "name: mine\nname: other", "key 'name' stands twice; drop one"),
        ("name: mine", "name: [", "mine.yaml: not a recipe"),
        ("eval: {max", "eval: 3\nx: {max", "eval: must be an object, got 3; write a mapping"),
    ],
)
def test_a_mistake_is_told_with_file_field_and_remedy(
    write_recipe: WriteRecipe, old: str, new: str, complaint: str
) -> None:
    path = write_recipe(swap=(old, new))
    message = refusal(path)
    assert complaint in message
    assert str(path) in message


def test_all_mistakes_are_told_at_once(write_recipe: WriteRecipe) -> None:
    path = write_recipe(swap=("steps: 10", "stepz: 10"))
    told = [line.removeprefix(f"{path}: ").split(":")[0] for line in refusal(path, "seed=x").splitlines()]
    assert told == ["--set seed=x", "sft.stepz", "rlvr.steps", "rlvr.stepz"]


def test_a_mistake_names_the_file_that_holds_it(write_recipe: WriteRecipe) -> None:
    below = write_recipe(swap=("group_size: 4", "group_size: x"))
    above = write_recipe("extends: mine.yaml\nname: above\nseed: y\n", "above.yaml")
    lines = sorted(refusal(above).splitlines())
    assert lines[0].startswith(f"{above}: seed")
    assert lines[1].startswith(f"{below}: rlvr.group_size")


@pytest.mark.parametrize(
    ("extends", "complaint"),
    [
        ("mine.yaml", "extends: a circle, mine.yaml -> mine.yaml"),
        ("nowhere.yaml", "extends: no such file, got 'nowhere.yaml'"),
        ("temper:tiny/instructs", "did you mean 'temper:tiny/instruct'?"),
        ("[a, b]", "extends: must be a text, got ['a', 'b']"),
    ],
)
def test_a_bad_extends_is_refused(write_recipe: WriteRecipe, extends: str, complaint: str) -> None:
    assert complaint in refusal(write_recipe(swap=("name: mine", f"name: mine\nextends: {extends}")))


def test_the_resolved_recipe_loads_as_the_same_recipe(write_recipe: WriteRecipe) -> None:
    loaded = load(write_recipe(), ["seed=3"])
    again = load(write_recipe(yaml.safe_dump(loaded.resolved), "again.yaml"))
    assert again.recipe == loaded.recipe


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("seed: 010", "010 would be read as 8; write the number in decimal"),
        ("seed: -0_17", "would be read as -15; write the number in decimal"),
        ("seed: 1:30", "1:30 would be read as 90; write the number in decimal"),
        ("? [a, b]\n: 3", "a key must be a text, got a list or a mapping; write a text"),
        ("? {a: b}\n: 3", "a key must be a text, got a list or a mapping; write a text"),
        ("7: 3", "7: must be a text, got 7; quote it"),
        ("seed: 1\nseed: 2", "key 'seed' stands twice; drop one"),
        ("rlvr: " + "[" * 5000 + "]" * 5000, "nested too deep; flatten it"),
        ("rlvr: " + "{a: " * 5000 + "1" + "}" * 5000, "nested too deep; flatten it"),
        ("a: &a [*a]", "recursive"),
        (
            "k0: &a0 [x]\n" + "".join(f"k{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
            "more than 100,000 values; drop the aliases",
        ),
        ("seed: 2026-01-01", "seed: must be a text, number, list or mapping, got datetime.date(2026, 1, 1)"),
        ("x: !!python/object/apply:os.getpid []", "could not determine a constructor"),
        ("--- {a: 1}\n--- {b: 1}", "expected a single document"),
        ("seed: [", "not a recipe"),
        ("\x01", "not a recipe"),
    ],
)
def test_yaml_that_does_not_mean_what_it_looks_like_is_refused_in_a_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "odd.yaml").write_text(f"extends: temper:tiny/instruct\n{text}\n")
    with pytest.raises(RecipeError) as error:
        load(tmp_path / "odd.yaml")
    assert str(error.value).startswith(str(tmp_path / "odd.yaml")) and complaint in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_aliases_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: temper:tiny/instruct\nseed: &n 3\neval: {problems: *n}\n")
    assert load(tmp_path / "a.yaml").recipe.eval.problems == 3  # type: ignore[union-attr]


def test_a_refusal_pickles() -> None:
    assert str(pickle.loads(pickle.dumps(RecipeError("a: b")))) == "a: b"  # noqa: S301
