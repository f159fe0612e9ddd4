"""Everything that can be known to be wrong before anything starts, all of it at once.

Reads every local row through the parser that the run uses, opens no Hub address, loads no weights. What only
the run can tell (a Hub set's rows, a prompt over the limit, the true need of memory) is its own to refuse.
"""

import importlib.util
import os
import shutil
import sys
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

from temper.mistakes import nearest
from temper.pipeline import sources, theirs
from temper.pipeline.base_checks import base_mistakes
from temper.pipeline.ledger import Ledger, PlannedStage, plan
from temper.pipeline.loading import Loaded
from temper.pipeline.memory import gpu_bytes, shape_of, stage_bytes, told
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.plugins import plugins_for
from temper.pipeline.prompts import Prompts
from temper.pipeline.recipe import Recipe
from temper.policy.optim.precision import lacking, unfit
from temper.policy.sources import FileRows, GeneratedRows, HubRows, Source
from temper.recipes.generators import TEXTS
from temper.rlvr.dialogue import limits_of
from temper.rows.licences import Licence, hub_sets, licence_of
from temper.rows.table import Kind, adapters, mapping, named
from temper.sft.documents import parse_document
from temper.sft.examples import Dropped, parse_example
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import build, resolve, verifier_for

RowKind = Literal["problems", "examples", "documents"]

BAD_ROWS = 5
"""Bad rows that are named per source; one mistake of a converter would name every row."""
ESTIMATE_ERROR = 0.15
"""Of `pipeline.memory` (`benchmarks/memory.py`)."""
RESUME_CHECKPOINTS = 3
"""Two are kept and the next is written before the older goes; each holds the weights and two Adam moments."""


def preflight(loaded: Loaded, out: Path, address: str | None = None) -> None:
    """Raises RecipeError, a line a mistake: file, field, remedy. The GPUs behind an `address` are not looked
    at."""
    recipe = loaded.recipe
    of_base = base_mistakes(recipe, elsewhere=bool(address))
    found = _rows(loaded, Prompts(recipe, tokenized=not of_base)) + _sandbox(recipe) + _trackers(recipe)
    found += _one_proof(recipe) + _precision(recipe, elsewhere=bool(address))
    if not address:
        found += _gpus(recipe)
    if not of_base:
        found += _context(recipe) + _memory(recipe)
    lines = [f"{loaded.source}: {mistake}" for mistake in found + of_base]
    try:
        lines += _out(loaded, out, plan(loaded))
    except (ValueError, OSError, EOFError, zlib.error) as error:  # of a key's file, which may be cut
        if not lines:  # what cannot be read has been named above
            lines.append(f"{loaded.source}: {error}")
    if lines:
        raise RecipeError("\n".join(lines))


def check_data(loaded: Loaded) -> None:
    """Raises RecipeError for what is wrong with the recipe's verifiers and rows alone."""
    if found := _rows(loaded, Prompts(loaded.recipe, tokenized=False)):
        raise RecipeError("\n".join(f"{loaded.source}: {mistake}" for mistake in found))


def _precision(recipe: Recipe, elsewhere: bool) -> list[str]:
    """What a training is asked to compute in and cannot; `elsewhere`: on machines that are not looked at."""
    asked = {field: (section.precision, recipe.cluster.sft) for field, section in recipe.packed.items()}
    if recipe.rlvr and "rlvr" in recipe.stages:
        asked["rlvr"] = (recipe.rlvr.precision, recipe.cluster.rlvr)
    why = {
        field: f"{precision} {lack}"
        for field, (precision, learners) in asked.items()
        if (lack := unfit(precision, learners) or ("" if elsewhere else lacking(precision)))
    }
    return [f"{field}.precision: {said}" for field, said in why.items()]


def _rows(loaded: Loaded, prompts: Prompts) -> list[str]:
    if str(loaded.folder) not in sys.path:
        sys.path.append(str(loaded.folder))  # the recipe's own verifiers and maps
    return _verifiers(loaded) or _data(loaded, prompts)


def _verifiers(loaded: Loaded) -> list[str]:
    """Mistakes of the params that rows need not repeat."""
    found = _shadow(loaded)
    for name, params in loaded.recipe.verifiers.params.items():
        try:
            found += _unknown(f"verifiers.{name}", name, params, loaded.plugins)
        except ValueError as error:
            found.append(f"verifiers: {error}")
    return found


def _unknown(where: str, name: str, params: Iterable[str], plugins: Plugins) -> list[str]:
    """Parameters that the verifier has not. Raises ValueError for one that there is not."""
    known = {field.alias or key for key, field in resolve(name, plugins).model_fields.items()}
    return [f"{where}: no parameter {key!r}; {nearest(key, sorted(known))}" for key in params if key not in known]


def _shadow(loaded: Loaded) -> list[str]:
    """What is wrong with the shadow verifier's name and parameters; what its rows add is seen with the rows."""
    shadow = loaded.recipe.rlvr.shadow if loaded.recipe.rlvr else None
    if shadow is None:
        return []
    try:
        if isinstance(shadow.verifier, str):
            return _unknown("rlvr.shadow.params", shadow.verifier, shadow.params, loaded.plugins)
        build(shadow.verifier, shadow.params, plugins=loaded.plugins)
    except ValueError as error:
        return [f"rlvr.shadow.verifier: {error}"]
    return []


def _data(loaded: Loaded, prompts: Prompts) -> list[str]:
    """Mistakes of every source that a stage of the recipe reads."""
    recipe = loaded.recipe
    read: list[tuple[str, Source, RowKind]] = []
    for field, section in recipe.packed.items():
        rows: RowKind = "examples" if field == "sft" else "documents"
        read += [(f"{field}.data.{place}", source, rows) for place, source in enumerate(section.data)]
    if recipe.rlvr and "rlvr" in recipe.stages:
        read += [(f"rlvr.data.{place}", source, "problems") for place, source in enumerate(recipe.rlvr.data)]
    if "eval" in recipe.stages or recipe.validation:
        read += [(f"held_out.{place}", source, "problems") for place, source in enumerate(recipe.held_out)]
    if recipe.eval and "eval" in recipe.stages:
        for suite in recipe.eval.suites:
            for of in suite.benchmarks:
                at = f"eval.suites.{suite.name}.{of.name}.data"
                read += [(f"{at}.{place}", source, "problems") for place, source in enumerate(of.data)]
    found = [
        mistake for field, source, kind in read for mistake in _source(field, source, kind, prompts, loaded.plugins)
    ]
    return [*found, *theirs.mistakes(recipe)]


def _source(field: str, source: Source, kind: RowKind, prompts: Prompts, plugins: Plugins) -> list[str]:
    try:
        mapping(source.map, "problems" if kind == "problems" else "examples")
    except ValueError as error:
        return [f"{field}.{error}"]
    if not field.startswith(("held_out", "eval.")) and (
        clause := forbidden(source, "problems" if kind == "problems" else "examples")
    ):
        return [f"{field}: {clause}"]
    if isinstance(source, GeneratedRows) and source.generator in TEXTS and kind != "documents":
        return [f"{field}.generator: makes text to pre-train on alone, got {source.generator!r}; take tiny or tools"]
    if not isinstance(source, FileRows):
        return []
    if not Path(source.path).is_file():
        return [f"{field}.path: no such dataset file, got {source.path!r}; correct it or put the file there"]
    limit = _prompt_limit(prompts.recipe, field.startswith(("held_out", "eval.")))
    packed = prompts.recipe.packed.get(field.partition(".data.")[0])
    dropping = (packed or source).bad_rows == "drop"
    found = _bad_rows(source, kind, prompts, limit, plugins_for(source, plugins), dropping)
    return [f"{field}: {mistake}" for mistake in islice(found, BAD_ROWS)]


def licence_for(source: Source, kind: Kind) -> Licence | None:
    """What the source's adapter says of its data; None where nobody says."""
    adapter = named(source.map, kind)
    if isinstance(source, HubRows):
        adapter = hub_sets(adapters()).get(source.name.lower(), adapter)
    return licence_of(adapter) if adapter else None


def forbidden(source: Source, kind: Kind) -> str:
    """Why a source must not be trained on: its name and the clause; empty where nothing forbids it."""
    licence = licence_for(source, kind)
    if licence is None or not licence.forbids_training:
        return ""
    name = source.name if isinstance(source, HubRows) else source.map
    return (
        f"training on {name} is not allowed ({licence.name}): {licence.forbids_training}; use it in held_out or a suite"
    )


def _prompt_limit(recipe: Recipe, held_out: bool) -> tuple[str, int | None]:
    """(the field that says it, tokens) for a prompt; None where nothing is known."""
    if not held_out:
        return "rlvr.max_prompt_tokens", recipe.rlvr.max_prompt_tokens if recipe.rlvr else None
    reach, sections = _reach(recipe), (recipe.eval, recipe.validation and recipe.rlvr)
    longest = max((limits_of(section).tokens for section in sections if section), default=0)
    # A context of 4,096 and completions of at most 1,024 leave 3,072 for a prompt.
    return "the context less the completion's tokens,", reach and reach - longest


def _bad_rows(
    source: FileRows, kind: RowKind, prompts: Prompts, limit: tuple[str, int | None], plugins: Plugins, dropping: bool
) -> Iterator[str]:
    seen: dict[str, str] = {}
    where, recipe = "", prompts.recipe
    dropped = Dropped(refuse=not dropping)
    try:
        for where, row in sources.rows(source, "problems" if kind == "problems" else "examples", dropped):
            try:
                if kind != "problems":
                    if dropped.refuse:
                        parse_document(row, where) if kind == "documents" else parse_example(row, where)
                    continue
                problem = parse_problem(row, where, recipe.verifiers.params, recipe.sandbox, plugins)
                name = problem.id
            except ValueError as error:
                yield str(error)
                continue
            if seen.setdefault(name, where) != where:
                yield f"{where}: id: {name!r} also stands at {seen[name]}; make ids unique"
            if mistake := prompts.mistake(problem, *limit) or ignored_calls(problem, plugins):
                yield f"{where}: {mistake}"
    except ValueError as error:
        yield str(error)
        return
    if not where:
        yield f"no rows, got {source.path!r} with skip {source.skip}; check the file and `skip`"


def ignored_calls(problem: Problem, plugins: Plugins) -> str:
    """Of a problem whose answer lists calls, why its verifier says nothing of them; empty where it does."""
    answer = problem.answer
    lists = isinstance(answer, list) and bool(answer) and all(isinstance(one, dict) and "name" in one for one in answer)
    if problem.session is None or not lists or verifier_for(problem, plugins).reads_turns(problem):
        return ""
    return (
        f"verifier: {problem.verifier!r} judges what the last turn says, and the answer lists calls that come before; "
        "take `state`, or a verifier that reads turns"
    )


def _reach(recipe: Recipe) -> int | None:
    """Tokens of context after `extend`; None where the base does not say. Raises ValueError for an extension that would
    not be longer."""
    context = shape_of(recipe.base).context
    if context is None or not recipe.extend or "extend" not in recipe.stages:
        return context
    return round(context * recipe.extend.factor_from(context))


def _context(recipe: Recipe) -> list[str]:
    """Whether packs and rollouts fit in what the positions reach."""
    try:
        reach = _reach(recipe)
    except ValueError as error:
        return [str(error)]
    if reach is None:
        return []
    found = []
    for field, section in recipe.packed.items():
        # A base is trained before its context is extended.
        most = shape_of(recipe.base).context if field == "base.train" else reach
        if most is not None and section.pack_tokens > most:
            what = "new context" if field == "extend.train" else "context"
            found.append(f"{field}.pack_tokens: {section.pack_tokens} exceed the {what} {most}; lower it")
    if recipe.rlvr and "rlvr" in recipe.stages:
        longest = recipe.rlvr.longest
        if longest > reach:
            found.append(
                f"rlvr: max_prompt_tokens + max_completion_tokens {longest} exceed the context {reach}; lower them"
            )
    return found


def _sandbox(recipe: Recipe) -> list[str]:
    from temper.sandboxes import daemon, local

    if recipe.cluster.verifiers_at:
        return []  # theirs
    unreachable = "" if recipe.sandbox.kind == "local" else daemon.unreachable()
    if recipe.sandbox.kind == "docker" and unreachable:
        return [f"sandbox.kind: no Docker daemon ({unreachable}), got 'docker'; start dockerd, or choose another kind"]
    here = recipe.sandbox.kind == "local" or unreachable
    return [f"sandbox.languages: {lack}" for lack in local.lacking(recipe.sandbox.languages)] if here else []


def _trackers(recipe: Recipe) -> list[str]:
    return [
        f"trackers: not installed, got {name!r}; pip install {name}, or leave it out"
        for name in recipe.trackers
        if importlib.util.find_spec(name) is None
    ]


def _one_proof(recipe: Recipe) -> list[str]:
    """Whether both sides of a push hash it alike: on a GPU by a sum, else on the host."""
    learners, engine = recipe.cluster.rlvr.gpus, recipe.cluster.engine_gpus
    if "rlvr" not in recipe.placed or bool(learners) == bool(engine):
        return []
    return [
        f"cluster.engine_gpus: got {engine:g} where the learners have {learners:g}; give both GPUs, or neither: each "
        "side proves a push where its weights are"
    ]


def _gpus(recipe: Recipe) -> list[str]:
    """Whether the GPUs that a stage takes at once are on this machine."""
    here = _gpus_here()
    found = []
    for stage, learners in (("sft", recipe.cluster.sft), ("rlvr", recipe.cluster.rlvr)):
        engine = recipe.cluster.engines * recipe.cluster.engine_gpus if stage == "rlvr" else 0
        wanted = learners.ranks * learners.gpus + engine
        if stage in recipe.placed and wanted > here:
            asked = f"{learners.ranks} ranks x {learners.gpus:g} GPUs + {engine:g} for the engines"
            found.append(
                f"cluster.{stage}: not on this machine, got {asked} where it has {here}; "
                "lower them, or give the --address of a cluster"
            )
    return found


def _memory(recipe: Recipe) -> list[str]:
    """What cannot fit on the GPUs that the recipe describes, by more than the estimate's error."""
    most, shape = recipe.cluster.gpu.memory_gib, shape_of(recipe.base)
    if most is None:
        return []
    of, found = stage_bytes(recipe, shape), []
    for stage, needed in gpu_bytes(recipe, shape).items():
        # 100 GiB estimated, 15% too many at most: from 87 GiB on it may fit.
        if (stage in recipe.placed or stage == "base") and needed / 2**30 > most * (1 + ESTIMATE_ERROR):
            where, less = ("rlvr", "rlvr.tokens_per_micro_batch or engine.batch")
            if stage != "rlvr":
                where, less = "sft", f"{stage if stage == 'sft' else f'{stage}.train'}.pack_tokens"
            found.append(
                f"cluster.{where}: would not fit, got about {needed / 2**30:.0f} GiB on a GPU of {most:g} (a learner's "
                f"{told(of[stage])}); lower {less}, set gradient_checkpointing or zero3, take more ranks, or correct "
                "cluster.gpu.memory_gib"
            )
    return found


def _gpus_here() -> int:
    names = [path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia*")]
    # /dev/nvidia0 is a device, /dev/nvidiactl is not.
    devices = sum(name.isdecimal() for name in names)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return devices if visible is None else min(devices, len([name for name in visible.split(",") if name]))


def _out(loaded: Loaded, out: Path, planned: list[PlannedStage]) -> list[str]:
    """Whether the run folder is ours, can be written and has room for what is not finished."""
    # OUT may not be there yet: the nearest folder above it that is there tells of the disk.
    there = next(folder for folder in (out.resolve(), *out.resolve().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        return [f"--out: cannot write below {str(there)!r}, got {str(out)!r}; choose another folder"]
    ledger = Ledger(out)
    found = [stranger] if (stranger := ledger.stranger(loaded)) else []
    parameters = shape_of(loaded.recipe.base).parameters
    if parameters is None:
        return found
    weights = 4 * parameters
    unfinished = [stage.name for stage in planned if stage.name != "eval" and ledger.finished(stage) is None]
    trained = any(name in ("sft", "rlvr") for name in unfinished)
    # A 12B base, sft and rlvr to come: 48 GB x (2 + 9) = 528 GB, of which 432 GB are there only while it trains.
    needed = weights * (len(unfinished) + (3 * RESUME_CHECKPOINTS if trained else 0))
    free = shutil.disk_usage(there).free
    if needed > free:
        found.append(
            f"--out: too little disk below {str(there)!r} for {len(unfinished)} checkpoints and what a run "
            f"resumes from, got {free / 2**30:.1f} GiB where {needed / 2**30:.1f} are needed; free some"
        )
    return found
