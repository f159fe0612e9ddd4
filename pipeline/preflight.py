"""Everything that can be known to be wrong before anything starts, all of it at once.

Reads every local row through the parser that the run uses, opens no Hub address, loads no weights. What only
the run can tell (a Hub set's rows, a prompt over the limit, the true need of memory) is its own to refuse.
"""

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

from temper.pipeline import sources
from temper.pipeline.ledger import Ledger, PlannedStage, plan
from temper.pipeline.loading import Loaded
from temper.pipeline.memory import Shape, shape_of
from temper.pipeline.mistakes import RecipeError, nearest
from temper.pipeline.recipe import Recipe
from temper.policy.bases import Base, FolderBase, HubBase, TinyBase
from temper.policy.chat import Variant, check_stamp, template
from temper.policy.sources import FileRows, Source
from temper.policy.special_tokens import SPECIAL_TOKENS
from temper.rows.table import mapping
from temper.sft.documents import parse_document
from temper.sft.examples import Dropped, parse_example
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import resolve

RowKind = Literal["problems", "examples", "documents"]

BAD_ROWS = 5
"""Bad rows that are named per source; one mistake of a converter would name every row."""
RESUME_CHECKPOINTS = 3
"""Two are kept and the next is written before the older goes; each holds the weights and two Adam moments."""


def preflight(loaded: Loaded, out: Path, address: str | None = None) -> None:
    """Raises RecipeError, a line a mistake: file, field, remedy. The GPUs behind an `address` are not looked
    at."""
    recipe = loaded.recipe
    found = _rows(loaded) + _sandbox(recipe) + _trackers(recipe)
    if not address:
        found += _gpus(recipe)
    unreadable = _base(recipe)
    if not unreadable:
        found += _engine(recipe, bool(address))
        found += _context(recipe, shape_of(recipe.base)) + _sampled_tokens(recipe) + _adapters(recipe)
    lines = [f"{loaded.source}: {mistake}" for mistake in found + unreadable]
    try:
        lines += _out(loaded, out, plan(loaded))
    except ValueError as error:
        if not lines:  # what cannot be read has been named above
            lines.append(f"{loaded.source}: {error}")
    if lines:
        raise RecipeError("\n".join(lines))


def check_data(loaded: Loaded) -> None:
    """Raises RecipeError for what is wrong with the recipe's verifiers and rows alone."""
    if found := _rows(loaded):
        raise RecipeError("\n".join(f"{loaded.source}: {mistake}" for mistake in found))


def _rows(loaded: Loaded) -> list[str]:
    if str(loaded.folder) not in sys.path:
        sys.path.append(str(loaded.folder))  # the recipe's own verifiers and maps
    return _verifiers(loaded.recipe) or _data(loaded.recipe)


def _verifiers(recipe: Recipe) -> list[str]:
    """Mistakes of the params that rows need not repeat."""
    found = []
    for name, params in recipe.verifiers.items():
        try:
            known = resolve(name).model_fields
        except ValueError as error:
            found.append(f"verifiers: {error}")
            continue
        found += [
            f"verifiers.{name}: no parameter {key!r}; {nearest(key, list(known))}" for key in params if key not in known
        ]
    return found


def _data(recipe: Recipe) -> list[str]:
    """Mistakes of every source that a stage of the recipe reads."""
    read: list[tuple[str, Source, RowKind]] = []
    if recipe.extend and recipe.extend.train and "extend" in recipe.stages:
        read += [(f"extend.train.data.{i}", source, "documents") for i, source in enumerate(recipe.extend.train.data)]
    if recipe.sft and "sft" in recipe.stages:
        read += [(f"sft.data.{place}", source, "examples") for place, source in enumerate(recipe.sft.data)]
    if recipe.rlvr and "rlvr" in recipe.stages:
        read += [(f"rlvr.data.{place}", source, "problems") for place, source in enumerate(recipe.rlvr.data)]
    if "eval" in recipe.stages or recipe.validation:
        read += [(f"held_out.{place}", source, "problems") for place, source in enumerate(recipe.held_out)]
    return [mistake for field, source, kind in read for mistake in _source(field, source, kind, recipe)]


def _source(field: str, source: Source, kind: RowKind, recipe: Recipe) -> list[str]:
    try:
        mapping(source.map, "problems" if kind == "problems" else "examples")
    except ValueError as error:
        return [f"{field}.{error}"]
    if not isinstance(source, FileRows):
        return []
    if not Path(source.path).is_file():
        return [f"{field}.path: no such dataset file, got {source.path!r}; correct it or put the file there"]
    return [f"{field}: {mistake}" for mistake in islice(_bad_rows(source, kind, recipe), BAD_ROWS)]


def _bad_rows(source: FileRows, kind: RowKind, recipe: Recipe) -> Iterator[str]:
    seen: dict[str, str] = {}
    where = ""
    training = recipe.extend.train if kind == "documents" and recipe.extend else recipe.sft
    dropped = Dropped(refuse=not (kind != "problems" and training and training.bad_rows == "drop"))
    try:
        for where, row in sources.rows(source, "problems" if kind == "problems" else "examples", dropped):
            try:
                if kind != "problems":
                    if dropped.refuse:
                        parse_document(row, where) if kind == "documents" else parse_example(row, where)
                    continue
                name = parse_problem(row, where, recipe.verifiers, recipe.sandbox).id
            except ValueError as error:
                yield str(error)
                continue
            if seen.setdefault(name, where) != where:
                yield f"{where}: id: {name!r} also stands at {seen[name]}; make ids unique"
    except ValueError as error:
        yield str(error)
        return
    if not where:
        yield f"no rows, got {source.path!r} with skip {source.skip}; check the file and `skip`"


def _base(recipe: Recipe) -> list[str]:
    """Why a base folder cannot be read."""
    if not isinstance(recipe.base, FolderBase):
        return []
    folder = Path(recipe.base.path)
    if not folder.is_dir():
        return [f"base.path: no such folder, got {recipe.base.path!r}; correct it or put the checkpoint there"]
    wanted = {
        "config.json": "config.json",
        "*.safetensors": "weights (*.safetensors)",
        "tokenizer*": "tokenizer",
    }
    found = [
        f"base.path: no {what} in {recipe.base.path!r}; save the whole checkpoint there"
        for pattern, what in wanted.items()
        if not any(folder.glob(pattern))
    ]
    return found or _template(folder, recipe) or _contents(folder)


def _template(folder: Path, recipe: Recipe) -> list[str]:
    """Whether the chat template is the one that the checkpoint was trained with, and of the recipe's variant where no
    SFT gives it another."""
    path = folder / "chat_template.jinja"
    carried = path.read_text(encoding="utf-8") if path.is_file() else None
    try:
        check_stamp(carried, folder)
    except ValueError as error:
        return [f"base.path: {error}"]
    other: Variant = "instruct" if recipe.variant == "thinking" else "thinking"
    if carried == template(other) and "sft" not in recipe.stages:
        return [
            f"base.path: the checkpoint carries the chat template of the {other} variant, got variant "
            f"{recipe.variant!r}; set variant: {other}, or begin with sft"
        ]
    return []


def _contents(folder: Path) -> list[str]:
    try:
        shape_of(FolderBase(path=str(folder)))
        config = json.loads((folder / "config.json").read_bytes())
        index = folder / "model.safetensors.index.json"
        shards = set(json.loads(index.read_bytes())["weight_map"].values()) if index.exists() else set()
    except (ValueError, KeyError, TypeError) as error:
        return [f"base.path: unreadable checkpoint in {str(folder)!r} ({error}); save it again"]
    missing = sorted(shard for shard in shards if not (folder / shard).is_file())
    if missing:
        return [f"base.path: weight files of the index are missing, got no {missing[0]!r}; copy them as well"]
    from transformers import CONFIG_MAPPING

    known = sorted(CONFIG_MAPPING.keys())
    if config.get("model_type") not in known:
        kind = str(config.get("model_type"))
        return [f"base.path: unknown architecture, got model_type {kind!r}; {nearest(kind, known)}"]
    return []


def _engine(recipe: Recipe, elsewhere: bool) -> list[str]:
    """Why the engine is not there or cannot serve the base; a Hub base is the engine's own to refuse."""
    if recipe.engine.kind != "vllm" or not {"rlvr", "eval"} & set(recipe.stages):
        return []
    from temper.rlvr import vllm_engine

    lack = "" if elsewhere else vllm_engine.lacking()
    found = [f"engine.kind: {lack}"] if lack else []
    if isinstance(recipe.base, TinyBase):
        architecture, head = "MellumForCausalLM", recipe.base.hidden // recipe.base.heads
    elif isinstance(recipe.base, FolderBase):
        config = json.loads((Path(recipe.base.path) / "config.json").read_bytes())
        architecture = next(iter(config.get("architectures") or [""]))
        head = config.get("head_dim") or config.get("hidden_size", 0) // config.get("num_attention_heads", 1)
    else:
        return found
    reason = vllm_engine.unfit(architecture, head, recipe.cluster.engine_gpus > 0)
    return [*found, f"engine.kind: {reason}"] if reason else found


def _context(recipe: Recipe, shape: Shape) -> list[str]:
    """Whether a rollout fits in what the positions reach."""
    if shape.context is None:
        return []
    try:
        factor = recipe.extend.factor_from(shape.context) if recipe.extend and "extend" in recipe.stages else 1
    except ValueError as error:
        return [str(error)]
    reach = round(shape.context * factor)
    training = recipe.extend.train if recipe.extend and "extend" in recipe.stages else None
    if training and training.pack_tokens > reach:
        return [f"extend.train.pack_tokens: {training.pack_tokens} exceed the new context {reach}; lower it"]
    if recipe.rlvr is None or "rlvr" not in recipe.stages:
        return []
    longest = recipe.rlvr.max_prompt_tokens + recipe.rlvr.max_completion_tokens
    if longest <= reach:
        return []
    return [f"rlvr: max_prompt_tokens + max_completion_tokens {longest} exceed the context {reach}; lower them"]


def _sampled_tokens(recipe: Recipe) -> list[str]:
    """Stop tokens that the base's tokenizer lacks, and a thinking budget without think tokens; a tokenizer that is not
    here, or not in `tokenizer.json`, is the run's own to refuse."""
    wanted: list[tuple[str, str]] = []
    for name, section in (("rlvr", recipe.rlvr), ("eval", recipe.eval)):
        if section is not None and name in recipe.stages:
            wanted += [(f"{name}.stop_tokens", token) for token in section.stop_tokens]
            if section.thinking_tokens is not None:
                wanted += [(f"{name}.thinking_tokens", token) for token in ("<think>", "</think>")]
    if not wanted or (known := _vocabulary(recipe.base)) is None:
        return []
    return [
        f"{field}: no single token of the base's tokenizer, got {token!r}; name one that it has, or leave the field out"
        for field, token in wanted
        if token not in known
    ]


def _adapters(recipe: Recipe) -> list[str]:
    """Names under `lora` that the base has nothing for; a Hub base is the run's own to refuse."""
    sections = {"sft": recipe.sft, "rlvr": recipe.rlvr}
    adapted = {name: section.lora for name, section in sections.items() if section and name in recipe.stages}
    if not any(adapted.values()) or isinstance(recipe.base, HubBase):
        return []
    from transformers import AutoConfig

    from temper.policy.checkpoint import bare_model
    from temper.policy.lora import lacking
    from temper.policy.tiny import build_config

    base = recipe.base
    try:
        model = bare_model(build_config(base) if isinstance(base, TinyBase) else AutoConfig.from_pretrained(base.path))
    except ValueError as error:
        return [f"base.path: no causal language model, got {str(error).splitlines()[0]!r}; take another base"]
    return [f"{stage}.lora.{mistake}" for stage, lora in adapted.items() if lora for mistake in lacking(lora, model)]


def _vocabulary(base: Base) -> set[str] | None:
    """Of a tiny base the special tokens, the only ones that are sure before it is made."""
    if isinstance(base, TinyBase):
        return set(SPECIAL_TOKENS)
    if not isinstance(base, FolderBase) or not (path := Path(base.path) / "tokenizer.json").is_file():
        return None
    said = json.loads(path.read_bytes())
    entries = said.get("model", {}).get("vocab", [])  # a mapping, or pairs of token and score
    return {entry if isinstance(entry, str) else entry[0] for entry in entries} | {
        added["content"] for added in said.get("added_tokens", [])
    }


def _sandbox(recipe: Recipe) -> list[str]:
    from temper.sandboxes import daemon, local

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


def _gpus_here() -> int:
    names = [path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia*")]
    devices = sum(name.isdecimal() for name in names)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return devices if visible is None else min(devices, len([name for name in visible.split(",") if name]))


def _out(loaded: Loaded, out: Path, planned: list[PlannedStage]) -> list[str]:
    """Whether the run folder is ours, can be written and has room for what is not finished."""
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
    needed = weights * (len(unfinished) + (3 * RESUME_CHECKPOINTS if trained else 0))
    free = shutil.disk_usage(there).free
    if needed > free:
        found.append(
            f"--out: too little disk below {str(there)!r} for {len(unfinished)} checkpoints and what a run "
            f"resumes from, got {free / 2**30:.1f} GiB where {needed / 2**30:.1f} are needed; free some"
        )
    return found
