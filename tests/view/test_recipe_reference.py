"""The reference of a recipe says of every field its type, its default, what it is for and in whose key it is."""

import re
from pathlib import Path
from typing import get_args

import pytest

from temper.pipeline.cli import main
from temper.pipeline.schema import recipe_schema
from temper.policy.section import Key
from temper.view.recipe_reference import KEYS, reference

PAGE = Path(__file__).parents[2] / "docs" / "recipe.md"
WRITTEN = reference(recipe_schema())


def cells(section: str, field: str) -> list[str]:
    """Type, default, purpose and key of a field."""
    table = WRITTEN.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    (line,) = (line for line in table.splitlines() if line.startswith(f"| `{field}` |"))
    return [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\) \| ", line.strip("| "))][1:]


def test_the_page_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--markdown"]) == 0
    assert PAGE.read_text() == capsys.readouterr().out, "stale; renew it: temper schema --markdown > docs/recipe.md"


def test_every_field_of_the_schema_has_a_line() -> None:
    for name, schema in recipe_schema()["$defs"].items():
        for field in schema.get("properties", {}):
            if field != "extends":
                assert len(cells(name.removesuffix(".part"), field)) == 4


@pytest.mark.parametrize(
    ("section", "field", "kind", "default", "key"),
    [
        ("Recipe", "name", "text, `^[a-z0-9][a-z0-9._-]*$`", "required", "no"),
        ("Recipe", "variant", "`instruct` or `thinking`", "required", "sft, rlvr, eval"),
        ("Recipe", "sft", "[SftSection](#sftsection)", "none", "sft"),
        ("Recipe", "engine",
         "[TransformersEngineSection](#transformersenginesection) or [VllmEngineSection](#vllmenginesection)",
         "`{kind: transformers}`", "rlvr, eval"),
        ("Recipe", "cluster", "[ClusterSection](#clustersection)", "`{}`", "no"),
        ("Recipe", "trackers", "list of `tensorboard`, `trackio` or `wandb`", "`[]`", "no"),
        ("SftSection", "optimizer", "[AdamWSection](#adamwsection) or [MuonSection](#muonsection)",
         "`{kind: adamw, betas: [0.9, 0.95], weight_decay: 0.1}`", "sft"),
        ("SftSection", "epochs", "number, above 0", "none", "sft"),
        ("SftSection", "save_every", "whole number, at least 1", "`50`", "no"),
        ("SftSection", "data", cells("RlvrSection", "data")[0], "required", "content"),
        ("RlvrSection", "objective", cells("RlvrSection", "objective")[0], "`{kind: mellum}`", "rlvr"),
        ("Mellum", "icepop", "[number, number]", "`[0.5, 5]`", "rlvr"),
        ("ScheduleSection", "learning_rate", "number, above 0", "required", "base, extend, sft, rlvr"),
        ("FileRows", "path", "text", "required", "content"),
        ("FileRows", "skip", "whole number, at least 0", "`0`", "yes"),
        ("LearnersSection", "ranks", "whole number, at least 1", "`1`", "no"),
        ("LearnersSection", "gradient_checkpointing", "true or false", "`false`", "no"),
        ("SandboxSection", "memory_mb", "whole number, at least 64, at most 1,048,576", "`2048`", "audit"),
        ("AuditSection", "rows", "whole number, at least 1, or null", "`256`", "audit"),
        ("Math", "rounding", "`shown`, `exact` or `answer` or whole number", "`shown`", "rlvr, eval, audit"),
        ("JsonSchema", "schema", "mapping or true or false", "none", "rlvr, eval, audit"),
        ("CallCase", "expected", "any value", "required", "rlvr, eval, audit"),
    ],
)  # fmt: skip
def test_a_line_says_what_the_schema_says(section: str, field: str, kind: str, default: str, key: str) -> None:
    assert [cells(section, field)[place] for place in (0, 1, 3)] == [kind, default, key]


def test_a_bar_does_not_end_a_cell() -> None:
    assert "x max(1, |expected|);" in cells("CallTests", "tolerance")[2]


def test_a_section_says_where_in_a_recipe_it_stands() -> None:
    assert "\n## LoraSection\n\nAt `base.train.lora`, `extend.train.lora`, `sft.lora`, `rlvr.lora`.\n" in WRITTEN
    assert "\n## Asked\n\nAt `verifiers.instructions.instructions.*`.\n" in WRITTEN


def test_every_link_leads_to_a_section() -> None:
    headings = {line.removeprefix("## ").lower() for line in WRITTEN.splitlines() if line.startswith("## ")}
    assert set(re.findall(r"\]\(#([a-z]+)\)", WRITTEN)) <= headings


def test_the_keys_are_those_that_there_are() -> None:
    assert {*KEYS, "packs"} == set(get_args(Key))
