"""`temper explain`: what a recipe would run, told from the recipe and local files alone.

No torch, no network, nothing written but the cache of file hashes. What only the run can tell (steps of an
epoch, rows of a Hub set) is said to be unknown, never guessed; figures that are estimates say so.
"""

import gzip
import itertools
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from temper.pipeline.budget import step_seconds
from temper.pipeline.ledger import Ledger, PlannedStage, plan
from temper.pipeline.loading import Loaded
from temper.pipeline.memory import (
    Needs,
    Shape,
    engine_bytes,
    gib,
    gpu_bytes,
    shape_of,
    share_a_gpu,
    stage_bytes,
    told,
)
from temper.pipeline.recipe import Recipe
from temper.pipeline.verdict_time import verdict_time
from temper.policy.bases import HubBase, TinyBase
from temper.policy.section import ExtendSection, LearnersSection
from temper.policy.sources import FileRows, GeneratedRows, GymRows, HubRows, Source
from temper.rlvr.section import RlvrSection
from temper.sft.section import PretrainSection, SftSection

_COUNTED_BYTES = 32 << 20
"""Local files are counted up to this size; beyond, explaining would take longer than a second."""
_COUNTED_GENERATED = 20_000


def explain(loaded: Loaded, out: Path | None = None) -> str:
    """Lines for a person; with `out`, also what is finished there. Never raises for a missing file: it says
    so."""
    recipe = loaded.recipe
    lines = [f"{recipe.name}: {recipe.variant}, seed {recipe.seed}, from {loaded.source}", ""]
    try:
        shape = shape_of(recipe.base)
        lines.append(f"base      {_base(recipe, shape)}")
    except ValueError as error:
        shape = Shape()
        lines.append(f"base      {error}")
    details = _details(loaded, shape)
    try:
        planned = plan(loaded)
    except ValueError as error:
        lines.append(f"keys      unknown: {error}")
        for name in recipe.stages:
            lines += ["", f"{name:<9} key unknown", *details[name]]
        return "\n".join(lines)
    for stage in planned:
        lines += [
            "",
            f"{stage.name:<9} {stage.folder_name}{_state(stage, out)}",
            *details.get(stage.name, []),
        ]
    return "\n".join(lines)


def _details(loaded: Loaded, shape: Shape) -> dict[str, list[str]]:
    """The lines below each stage."""
    recipe = loaded.recipe
    details: dict[str, list[str]] = {}
    needed = stage_bytes(recipe, shape)
    if recipe.pretraining:
        details["base"] = _pretraining(recipe.pretraining, recipe.cluster.sft, needed.get("base"))
    if recipe.extend:
        training = recipe.extend.train
        trained = _sft(training, recipe.cluster.sft, needed.get("extend")) if training else []
        details["extend"] = [*_extend(recipe.extend, shape), *trained]
    if recipe.sft:
        details["sft"] = _sft(recipe.sft, recipe.cluster.sft, needed.get("sft"))
    if recipe.rlvr:
        details["rlvr"] = _rlvr(loaded, recipe.rlvr, shape, needed.get("rlvr"))
    if recipe.eval:
        scored = f"{recipe.eval.problems:,} problems x {recipe.eval.samples} samples"
        details["eval"] = _table(
            ("scored", f"{scored} at temperature {recipe.eval.temperature:g}"),
            *_data(recipe.held_out, problems=True),
        )
    return details


def _pretraining(section: PretrainSection, learners: LearnersSection, needed: Needs | None) -> list[str]:
    phases = []
    for place, (phase, steps) in enumerate(zip(section.phases, section.phase_steps, strict=True), 1):
        shares = ", ".join(f"{weight / sum(phase.weights):.0%}" for weight in phase.weights)
        phases.append((f"phase {place}", f"{steps:,} steps; of the sources {shares}"))
    return [*_sft(section, learners, needed), *_table(*phases)]


def _extend(section: ExtendSection, shape: Shape) -> list[str]:
    layers = {"full": "full attention only", "all": "all layers", "none": "no layer"}[section.layers]
    if not shape.context:
        asked = f"x {section.factor:g}" if section.factor else f"to {section.context:,}"
        return _table(("context", f"unknown (YaRN {asked}, {layers})"))
    try:
        factor = section.factor_from(shape.context)
    except ValueError as error:
        return _table(("context", str(error)))
    return _table(("context", f"{shape.context:,} -> {shape.context * factor:,.0f} (YaRN x {factor:g}, {layers})"))


def _sft(section: SftSection, learners: LearnersSection, needed: Needs | None) -> list[str]:
    shared_by, held = learners.sequence_ranks, section.packs_per_micro_batch
    # 8 packs a step on 4 ranks in pairs, 2 held at once: 8 x 2 / (4 x 2) = 2 passes a rank.
    accumulated = section.packs_per_step * shared_by // (learners.ranks * held)
    steps = f"{section.steps:,}" if section.steps else f"{section.epochs:g} epochs; known after packing"
    shared = f", each pack shared by {shared_by}" if shared_by > 1 else ""
    return _table(
        ("batch", f"{section.packs_per_step} packs = {_batch(learners, held, accumulated)}{shared}"),
        ("tokens", f"{section.packs_per_step * section.pack_tokens:,} a step"),
        ("steps", steps),
        ("memory", _memory(needed, learners.gpus)),
        *_data(section.data, problems=False),
    )


def _rlvr(loaded: Loaded, section: RlvrSection, shape: Shape, needed: Needs | None) -> list[str]:
    recipe = loaded.recipe
    learners, longest, held = recipe.cluster.rlvr, section.longest, section.tokens_per_micro_batch
    groups = f"{section.problems_per_step} problems x {section.group_size}"
    ranks = f"{learners.ranks} ranks, at most {max(held, longest):,} tokens at once"
    spent = step_seconds(recipe, shape)
    return _table(
        ("batch", f"{groups} = {section.rollouts_per_step:,} rollouts dealt to {ranks}"),
        ("tokens", f"at most {section.rollouts_per_step * longest:,} a step"),
        ("steps", f"{section.steps:,}"),
        ("memory", _memory(needed, learners.gpus)),
        *_engine(recipe, shape, longest),
        *_time(spent),
        *_verdicts(loaded, section, max(spent.values(), default=0.0)),
        *_data(section.data, problems=True),
    )


def _batch(learners: LearnersSection, held: int, accumulated: int) -> str:
    return f"{learners.ranks} ranks x {held} at once x {accumulated} accumulated"


def _memory(needed: Needs | None, gpus: float) -> str:
    place = "GPU" if gpus else "rank (CPU)"
    if needed is None:
        return f"unknown a {place}: the size of the base is"
    total = f"about {gib(sum(needed.values()))} GiB a {place}: {told(needed)}"
    return total if "kept activations" in needed else total + "; without activations"


def _engine(recipe: Recipe, shape: Shape, longest: int) -> list[tuple[str, str]]:
    """Of an engine on a GPU, and of the GPU that it shares with a rank."""
    gpu = recipe.cluster.gpu
    needed = engine_bytes(shape, recipe.engine, longest, gpu) if recipe.cluster.engine_gpus else None
    if needed is None:
        return []
    text = f"about {gib(sum(needed.values()))} GiB a GPU: {told(needed)}"
    if share_a_gpu(recipe.cluster):
        text += f"; {gib(gpu_bytes(recipe, shape)['rlvr'])} with the learner beside it"
    return [("engine", text)]


def _time(spent: Mapping[str, float]) -> list[tuple[str, str]]:
    if not spent:
        return []
    slowest = max(spent, key=lambda name: spent[name])
    parts = ", ".join(f"{name} {seconds:,.0f}" for name, seconds in spent.items())
    return [("time", f"seconds a step, roughly: {parts}; {slowest} is the slowest")]


def _verdicts(loaded: Loaded, section: RlvrSection, step_s: float) -> list[tuple[str, str]]:
    """How many verifiers keep up where every test of a step runs into its limit."""
    spent, verifiers = verdict_time(loaded, section.data), loaded.recipe.cluster.verifiers
    if not spent.rows:
        return [("verdicts", f"unknown: rows of {spent.elsewhere} sources are not here")]
    if not spent.mean_s:
        return [("verdicts", f"no test in {spent.rows} rows: none takes a limit of its own")]
    total = spent.step_s(section)
    text = f"at most {spent.mean_s:,.0f} s each by the limits of {spent.rows} rows"
    text += f", {spent.elsewhere} sources unread" if spent.elsewhere else ""
    text += f"; a step's, were all to run into them, {total / verifiers:,.0f} s on {verifiers} verifiers"
    # 128 verdicts of 120 s and a step of 75 s: 205 verifiers.
    return [("verdicts", text + (f", {math.ceil(total / step_s):,} verifiers keep up with the step" if step_s else ""))]


def _data(sources: Sequence[Source], problems: bool) -> list[tuple[str, str]]:
    return [("data", _source(source, problems)) for source in sources]


def _source(source: Source, problems: bool) -> str:
    match source:
        case HubRows():
            asked = f"{source.rows:,} rows" if source.rows else "rows unknown before the download"
            asked += f" after the first {source.skip:,}" if source.skip else ""
            name = f"{source.name}/{source.config}" if source.config else source.name
            return f"{name} {source.split} @ {source.revision[:7]}: {asked}{_times(source)}"
        case GeneratedRows():
            counts = _count_generated(source) if problems else None
            rows = _counted(source.rows, counts)
            return f"generated {source.generator} {source.split}: {rows}{_times(source)}"
        case GymRows():
            return f"reasoning_gym {source.dataset}: {source.rows:,} rows{_times(source)}"
        case FileRows():
            return f"{source.path}: {_file(source, problems)}{_times(source)}"


def _file(source: FileRows, problems: bool) -> str:
    path = Path(source.path)
    if not path.is_file():
        return "MISSING"
    if not path.name.endswith((".jsonl", ".jsonl.gz")) or path.stat().st_size > _COUNTED_BYTES:
        return f"{path.stat().st_size / 2**20:,.1f} MiB, rows not counted"
    counts: Counter[str] = Counter()
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        rows = (line for line in lines if line.strip())
        for line in itertools.islice(rows, source.skip, source.skip + source.rows if source.rows else None):
            counts[_verifier(line) if problems and not source.map else ""] += 1
    return _counted(counts.total(), counts if problems and not source.map else None)


def _verifier(line: bytes) -> str:
    try:
        verifier = json.loads(line)["verifier"]
    except (ValueError, KeyError, TypeError):
        return "unreadable"  # the preflight says where and why
    # A composition is named by its keys, as `gate+then`.
    return verifier if isinstance(verifier, str) else "+".join(sorted(verifier))


def _count_generated(source: GeneratedRows) -> Counter[str] | None:
    if source.rows > _COUNTED_GENERATED:
        return None
    from temper.recipes.generators import GENERATORS

    made = GENERATORS[source.generator].problems(source.split, source.skip + source.rows, source.data_seed)
    return Counter(row["verifier"] for row in itertools.islice(made, source.skip, None))


def _counted(rows: int, counts: Counter[str] | None) -> str:
    kinds = f" ({', '.join(f'{name} {n:,}' for name, n in sorted(counts.items()))})" if counts else ""
    return f"{rows:,} rows{kinds}"


def _times(source: Source) -> str:
    return f", {source.epochs} times an epoch" if source.epochs > 1 else ""


def _base(recipe: Recipe, shape: Shape) -> str:
    size = f"{_rounded(shape.parameters)} parameters" if shape.parameters else "parameters unknown"
    context = f", context {shape.context:,}" if shape.context else ""
    match recipe.base:
        case TinyBase():
            return f"tiny: {size}{context}, made here{'' if recipe.pretraining else ', not trained (no base.train)'}"
        case HubBase():
            return f"{recipe.base.name} @ {recipe.base.revision[:7]}: {size}{context}"
        case _:
            return f"{recipe.base.path}: {size}{context}"


def _rounded(count: int) -> str:
    for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= unit:
            return f"{count / unit:.1f}{letter}"
    return str(count)


def _state(stage: PlannedStage, out: Path | None) -> str:
    if out is None:
        return ""
    ledger = Ledger(out)
    if ledger.finished(stage) is not None:
        return "  finished"
    started = (ledger.folder(stage) / "work").is_dir()
    return "  would resume" if started else "  would run"


def _table(*rows: tuple[str, str]) -> list[str]:
    return [f"  {name:<9} {text}" for name, text in rows]
