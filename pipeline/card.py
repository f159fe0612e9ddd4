"""The model card of an export: what the run folder records of a model, for people and for the hub's front matter.

Everything in it is read from the run: the recipe with its defaults, what each stage counted, the scores with their
standard errors, the versions. What is not recorded (the licence of a base without a card) is left out, never guessed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from temper.pipeline import reward_card
from temper.pipeline.versions import versions

SETTINGS = ("problems", "samples", "temperature", "max_completion_tokens", "thinking_tokens", "max_turns")
"""Of `eval`, named beside the scores."""


@dataclass(frozen=True)
class Exported:
    """What to export and what is known of it; the records are empty for a checkpoint outside a run."""

    checkpoint: Path
    name: str
    recipe: dict[str, Any]
    summary: dict[str, Any]
    stages: dict[str, dict[str, Any]]
    """What each stage recorded, by name."""
    made_with: dict[str, Any]
    run: Path | None = None
    """The run folder."""

    @property
    def last(self) -> str:
        """The stage that made the checkpoint."""
        return list(self.stages)[-1] if self.stages else ""

    @property
    def finding(self) -> dict[str, Any]:
        """Of the run's audit; empty where none is kept."""
        path = self.run / "audit.json" if self.run else None
        found: dict[str, Any] = json.loads(path.read_bytes()) if path and path.is_file() else {}
        return found

    @property
    def temperature(self) -> float:
        """The temperature of the evaluation; 1 (that of training) without an evaluation."""
        return float((self.recipe.get("eval") or {}).get("temperature", 1.0))


def find(folder: Path) -> Exported:
    """A run folder's last checkpoint, or a checkpoint's folder. Raises ValueError for anything else."""
    if (folder / "config.json").is_file():
        return Exported(folder, folder.name, {}, {}, {}, {})
    try:
        summary = json.loads((folder / "summary.json").read_bytes())
        recipe = yaml.safe_load((folder / "recipe.resolved.yaml").read_text(encoding="utf-8"))
        made_with = json.loads((folder / "versions.json").read_bytes())
    except FileNotFoundError as error:
        raise ValueError(
            f"{folder}: neither a checkpoint nor a finished run, got no {Path(error.filename).name}; "
            "give the folder OUT/<recipe name> or a checkpoint's"
        ) from None
    # Paths in the summary are of the day of the run; OUT may have been moved since.
    homes = {
        stage: folder.resolve().parent / "stages" / Path(path).parent.name
        for stage, path in summary["checkpoints"].items()
    }
    if not homes:
        raise ValueError(f"{folder}: the run made no checkpoint, got stages {recipe.get('stages')}; export its base")
    stages = {stage: json.loads((home / "stage.json").read_bytes())["result"] for stage, home in homes.items()}
    last = list(homes.values())[-1] / "checkpoint"
    return Exported(last, str(summary["name"]), recipe, summary, stages, made_with, folder)


def card(exported: Exported, template_hash: str | None, languages: Sequence[str] = ()) -> str:
    """README.md, with YAML front matter; `languages` are codes of ISO 639, which no run records."""
    front: dict[str, Any] = {"library_name": "transformers", "pipeline_tag": "text-generation", "tags": ["temper"]}
    recipe, base = exported.recipe, exported.recipe.get("base") or {}
    if base.get("kind") == "hub":
        front |= {"base_model": base["name"], "base_model_relation": "finetune"}
    if languages:
        front["language"] = list(languages)
    if trained_on := reward_card.datasets(recipe):
        front["datasets"] = trained_on
    if licence := _licence(base):
        front["license"] = licence
    parts = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n",
        f"# {exported.name}\n\n{_opening(exported, base)}\n",
        *([f"## Intended use\n\n{reward_card.USE}\n"] if recipe else []),
        *_scores(exported.summary.get("eval") or {}, recipe.get("eval") or {}),
        *reward_card.standings(exported.summary.get("suites") or {}),
        *reward_card.reward_part(recipe, exported.finding, exported.run),
        *reward_card.data_part(recipe, exported.finding),
        *_counts(exported.stages),
        f"## Chat template\n\n{f'SHA-256 `{template_hash}`' if template_hash else 'None: a base.'}\n",
        *_block("Recipe", yaml.safe_dump(recipe, sort_keys=False) if recipe else ""),
        *_versions("Made with", exported.made_with),
        *_versions("Exported with", versions()),
    ]
    return "\n".join(parts)


def _opening(exported: Exported, base: dict[str, Any]) -> str:
    if not exported.recipe:
        return "A checkpoint exported by `temper`; it belongs to no run folder, so nothing of its making is recorded."
    name = {"hub": f"{base.get('name')} @ {base.get('revision')}", "tiny": "a tiny base of its own"}
    made = name.get(str(base.get("kind")), "a base of the maker's own")
    stages = ", ".join(exported.summary["checkpoints"])
    return (
        f"The {exported.summary['variant']} model of a `temper` recipe, from {made} through {stages} "
        f"(seed {exported.summary['seed']})."
    )


def _scores(scores: dict[str, dict[str, float]], section: dict[str, Any]) -> list[str]:
    if not scores:
        return []
    lines = [f"| {name} | {one['score']:.3f} | {one['stderr']:.3f} | {one['n']:.0f} |" for name, one in scores.items()]
    head = "| checkpoint | score | standard error | problems |\n|---|---|---|---|\n"
    said = [f"{name.replace('_', ' ')} {section[name]}" for name in SETTINGS if section.get(name) is not None]
    how = f" ({', '.join(said)})" if said else ""
    title = f"## Scores\n\nOn the recipe's held-out problems{how}, each verdict by a program.\n\n"
    return [title + head + "\n".join(lines) + "\n"]


def _counts(stages: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
        f"| {stage} | {name.replace('_', ' ')} | {value:,} |"
        for stage, result in stages.items()
        for name, value in result.items()
        if name != "seconds" and isinstance(value, int)
    ]
    return ["## Counts\n\n| stage | what | count |\n|---|---|---|\n" + "\n".join(lines) + "\n"] if lines else []


def _versions(title: str, found: dict[str, Any]) -> list[str]:
    if not found:
        return []
    commit = (
        f"\ntemper commit: {found['commit']}{' with changes' if found['changed'] else ''}" if found["commit"] else ""
    )
    packages = "\n".join(f"{name} {version}" for name, version in found["packages"].items() if version)
    return _block(title, f"python {found['python']}\n{packages}{commit}")


def _block(title: str, text: str) -> list[str]:
    return [f"## {title}\n\n```\n{text.strip()}\n```\n"] if text else []


def _licence(base: dict[str, Any]) -> str | None:
    """What the front matter of the base's own card says, where that card is on this machine."""
    path: Any = None
    if base.get("kind") == "folder":
        path = Path(base["path"]) / "README.md"
    elif base.get("kind") == "hub":
        from huggingface_hub import try_to_load_from_cache

        path = try_to_load_from_cache(base["name"], "README.md", revision=base["revision"])
    if not isinstance(path, str | Path) or not Path(path).is_file():
        return None
    front = re.match(r"---\n(.*?)\n---", Path(path).read_text(encoding="utf-8"), re.DOTALL)
    found = yaml.safe_load(front[1]).get("license") if front else None
    return str(found) if found else None
