"""What a model card says of the data and of the reward, and the scores in the hub's `.eval_results` format.

Read from the run folder alone: the resolved recipe, the audit's finding (`audit.json`), the metrics and alarms of RLVR,
the standings in the suites. A number that the run did not record is not there.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

from temper.pipeline.metrics import read_metrics
from temper.rows.licences import licence_of
from temper.rows.table import Kind, named

Fields = dict[str, Any]
"""A section of the resolved recipe, or a line of what a run wrote."""
USE = (
    "For research on training with verifiable rewards, and for the tasks whose kind stands under Reward. It was "
    "rewarded for what these programs check and for nothing else: what they do not see (style, safety, facts outside "
    "of the answers) was not trained by it. Judge it on your own task before you rely on it, and run code that it "
    "writes in a sandbox."
)
NOT_OURS = {"judge": "another model's opinion", "http": "a service's score"}
"""Verifiers whose verdict no program of ours makes."""


def datasets(recipe: Fields) -> list[str]:
    """Names on the hub of what was trained on, each once."""
    return list(dict.fromkeys(source["name"] for _, source, _ in _sources(recipe) if source["kind"] == "hub"))


def data_part(recipe: Fields, finding: Fields) -> list[str]:
    lines = [
        f"| {use} | {_where(source)} | {_rows(source)} | {_licence(source, kind)} |"
        for use, source, kind in _sources(recipe)
    ]
    if not lines:
        return []
    text = "## Data\n\n| used for | source | rows | licence |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
    if finding:
        shared = {one["id"] for one in finding["duplicates"] if "in_train" in one or "in_sft" in one}
        repeated = sum("repeats" in one for one in finding["duplicates"])
        text += (
            f"\nOf {finding['held_out']:,} held-out problems {len(shared):,} also stand in the training data, by the "
            f"audit's search for overlap; {repeated:,} prompts stand there twice.\n"
        )
    return [text]


def reward_part(recipe: Fields, finding: Fields, run: Path | None) -> list[str]:
    """The reward card: who judged, what was tried on them, what is made of a score, how often nothing could be said."""
    section = recipe.get("rlvr")
    if not section or "rlvr" not in recipe.get("stages", ()):
        return []
    parts = ["## Reward\n", *_audited(finding), *_shaping(section), *_params(recipe), *_shares(run)]
    limits = [f"- `{name}`: {what}." for name, what in NOT_OURS.items() if name in _verifiers(finding)]
    limits += [f"- `{one}` has no probes: nothing is known of what it scores." for one in _unprobed(finding)]
    if limits:
        parts.append("Known limits:\n\n" + "\n".join(limits) + "\n")
    return ["\n".join(parts)]


def standings(suites: Fields) -> list[str]:
    """A table of each suite, settings beside each score."""
    found = []
    for suite, benchmarks in suites.items():
        lines = [
            f"| {benchmark} | {name} | {one['value']:.1f} | {one['stderr']:.1f} | {one['n']} | {_settings(one)} |"
            for benchmark, of in benchmarks.items()
            for name, one in of.items()
        ]
        head = (
            "| benchmark | checkpoint | score, % | standard error | problems | settings |\n|---|---|---|---|---|---|\n"
        )
        found.append(f"## Suite {suite}\n\n{head}" + "\n".join(lines) + "\n")
    return found


def results(recipe: Fields, suites: Fields, checkpoint: str) -> dict[str, str]:
    """Name of a file in `.eval_results` to its YAML: the last checkpoint's scores on sets of the hub."""
    found = {}
    for suite in (recipe.get("eval") or {}).get("suites", ()):
        for benchmark in suite["benchmarks"]:
            one = suites.get(suite["name"], {}).get(benchmark["name"], {}).get(checkpoint)
            sets = {(s["name"], s["revision"], s.get("config")) for s in benchmark["data"] if s["kind"] == "hub"}
            if one is None or len(sets) != 1:
                continue
            ((name, revision, config),) = sets
            entry = EvalResultEntry(
                dataset_id=name,
                task_id=config or "default",
                value=round(one["value"], 2),
                dataset_revision=revision,
                notes=f"{_settings(one)}; {one['n']} problems, standard error {one['stderr']:.2f}",
            )
            entries = yaml.safe_dump(eval_result_entries_to_yaml([entry]), sort_keys=False)
            found[f"{suite['name']}-{benchmark['name']}.yaml"] = entries
    return found


def _settings(one: Fields) -> str:
    if "scored_by" in one:
        return f"read off the files of {one['scored_by']}, whose score it is"
    samples = f"{one['samples']} sample{'s' if one['samples'] > 1 else ''}"
    how = "greedy" if one["temperature"] == 0 else f"temperature {one['temperature']:g}"
    return f"{one['metric']}, {samples}, {how}, {100 * one['truncated']:.1f}% cut off"


def _sources(recipe: Fields) -> Iterator[tuple[str, Fields, Kind]]:
    trained: list[tuple[str, Fields | None, Kind]] = [
        ("extend", (recipe.get("extend") or {}).get("train"), "examples"),
        ("sft", recipe.get("sft"), "examples"),
        ("rlvr", recipe.get("rlvr"), "problems"),
    ]
    for stage, section, kind in trained:
        if section and stage in recipe.get("stages", ()):
            yield from ((stage, source, kind) for source in section.get("data", ()))


def _where(source: Fields) -> str:
    match source["kind"]:
        case "hub":
            config = f"/{source['config']}" if source.get("config") else ""
            return f"`{source['name']}{config}` {source['split']} @ `{source['revision'][:12]}`"
        case "generated":
            return f"made by the generator `{source['generator']}`, seed {source['data_seed']}"
        case "reasoning_gym":
            return f"made by `reasoning_gym`: {source['dataset']}"
        case _:
            return f"a file, `{Path(source['path']).name}`"


def _rows(source: Fields) -> str:
    rows = f"{source['rows']:,}" if source.get("rows") else "all"
    return f"{rows} after the first {source['skip']:,}" if source.get("skip") else rows


def _licence(source: Fields, kind: Kind) -> str:
    adapter = named(source.get("map"), kind)
    found = licence_of(adapter) if adapter else None
    return found.name + (f" ({found.note})" if found.note else "") if found else "not recorded"


def _verifiers(finding: Fields) -> dict[str, Fields]:
    """By verifier, what the audit counted over the sources of RLVR."""
    found: dict[str, Fields] = {}
    for line in finding.get("lines", ()):
        if line["source"].startswith("rlvr."):
            counts = found.setdefault(
                line["verifier"], dict.fromkeys(("rows", "probed", "probes", "failed", "unread"), 0)
            )
            for name in counts:
                counts[name] += line[name]
    return found


def _unprobed(finding: Fields) -> list[str]:
    return sorted(name for name, counts in _verifiers(finding).items() if not counts["probed"])


def _audited(finding: Fields) -> list[str]:
    if not finding:
        return ["The run kept no audit: what its verifiers score was not tried before it.\n"]
    lines = [
        f"| `{name}` | {of['rows']:,} | {of['probes']:,} on {of['probed']:,} rows | {of['failed']:,} "
        f"| {of['unread']:,} |"
        for name, of in _verifiers(finding).items()
    ]
    head = (
        "Each verdict is a program's. Before the run the verifiers were tried on rows with answers whose score is "
        "known, right and wrong ones.\n\n| verifier | problems | probes | rows that failed | answers it cannot read |\n"
        "|---|---|---|---|---|\n"
    )
    return [head + "\n".join(lines) + "\n"]


def _shaping(section: Fields) -> list[str]:
    said = {name: of for name, of in (section.get("shaping") or {}).items() if of}
    shaped = f"A score is shaped: `{json.dumps(said)}`." if said else "A score is the reward as it stands."
    return [f"{shaped} Objective: `{json.dumps(section['objective'])}`.\n"]


def _params(recipe: Fields) -> list[str]:
    params = {name: of for name, of in (recipe.get("verifiers") or {}).items() if name != "plugins" and of}
    return [f"Parameters of all rows: `{json.dumps(params)}`.\n"] if params else []


def _shares(run: Path | None) -> list[str]:
    """How many rollouts nothing could be said of, and whether anything looked like a hack."""
    if run is None:
        return []
    lines = [line for line in read_metrics(run / "metrics.jsonl") if line.get("stage") == "rlvr"]
    judged = sum(value for line in lines for name, value in line.items() if _is_count(name))
    if not judged:
        return []
    errors, abstained = (sum(line.get(f"rollouts/{name}", 0) for line in lines) for name in ("errors", "abstained"))
    every = judged + errors + abstained
    alarms = len(read_metrics(run / "alarms.jsonl"))
    told = f"{alarms} alarm{'s' if alarms != 1 else ''}" if alarms else "no alarm"
    return [
        f"Of {every:,.0f} rollouts of {len(lines)} steps {errors / every:.2%} were lost to errors of the system, "
        f"{abstained / every:.2%} could not be judged; neither is a reward. The monitor of reward hacking raised "
        f"{told}.\n"
    ]


def _is_count(name: str) -> bool:
    return name.startswith("verifier/") and name.endswith("/scored")
