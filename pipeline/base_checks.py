"""What can be known to be wrong with a recipe's base before it is loaded: files, template, tokenizer, architecture.

Of a Hub base nothing is fetched here; it is the run's own to refuse.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from temper.mistakes import nearest
from temper.pipeline.memory import shape_of
from temper.pipeline.prompts import renderer_of
from temper.pipeline.recipe import Recipe
from temper.policy.added_tokens import ADDED
from temper.policy.base_config import unfit
from temper.policy.bases import Base, FolderBase, HubBase, TinyBase
from temper.policy.chat import Variant, check_stamp, template
from temper.policy.special_tokens import SPECIAL_TOKENS

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def base_mistakes(recipe: Recipe, elsewhere: bool) -> list[str]:
    """Mistakes of the base and of what the recipe asks of it; `elsewhere`: the run is on a cluster's machines."""
    unreadable = _base(recipe)
    return unreadable or [
        *_tokenizer(recipe),
        *_engine(recipe, elsewhere),
        *_head(recipe),
        *_sampled_tokens(recipe),
        *_adapters(recipe),
        *_replayed(recipe),
    ]


def _tokenizer(recipe: Recipe) -> list[str]:
    """Whether a folder's tokenizer loads, takes the chat template and has embeddings for all of its tokens."""
    if not isinstance(recipe.base, FolderBase):
        return []
    try:
        renderer = renderer_of(recipe)
    except Exception as error:  # whatever a tokenizer's files make their reader raise
        said = " ".join(str(error).split()) or type(error).__name__
        return [f"base.path: its tokenizer cannot be used, got {said[:300]!r}; save a whole one there"]
    highest, rows = max(renderer.tokenizer.get_vocab().values(), default=0), shape_of(recipe.base).vocabulary
    if rows is not None and highest >= rows and not recipe.base.add_tokens:
        return [
            f"base.path: the tokenizer's ids reach {highest:,}, got embeddings for {rows:,}; set "
            "base.add_tokens: true, which makes room for them, or save a whole checkpoint"
        ]
    return []


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
    from transformers import CONFIG_MAPPING, GenerationConfig

    if (folder / "generation_config.json").is_file():
        try:
            GenerationConfig.from_pretrained(folder)
        except (ValueError, TypeError, OSError) as error:
            said = " ".join(str(error).split())[:200]
            return [f"base.path: generation_config.json cannot be read, got {said!r}; mend it or remove it"]

    if why := unfit(config):
        return [f"base.path: config.json: {why}"]
    known = sorted(CONFIG_MAPPING.keys())
    if config.get("model_type") not in known:
        kind = str(config.get("model_type"))
        return [f"base.path: unknown architecture, got model_type {kind!r}; {nearest(kind, known)}"]
    return []


def _head(recipe: Recipe) -> list[str]:
    """Whether a head can be there that guesses or is trained on; a Hub base may have one."""
    drafts = recipe.engine.kind == "transformers" and recipe.engine.draft and {"rlvr", "eval"} & set(recipe.stages)
    trains = "rlvr" in recipe.stages and recipe.rlvr and recipe.rlvr.mtp
    if not drafts and not trains:
        return []
    from temper.policy.mtp import MTP_FILE

    base = recipe.base
    trained = any(section.mtp for section in recipe.packed.values())
    if trained or isinstance(base, HubBase) or (isinstance(base, FolderBase) and (Path(base.path) / MTP_FILE).exists()):
        return []
    why = "no stage before trains a head and the base has none"
    asked = {"engine.draft": "'mtp'" if drafts else "", "rlvr.mtp": repr(trains.model_dump()) if trains else ""}
    return [f"{field}: {why}, got {said}; set sft.mtp, or leave it out" for field, said in asked.items() if said]


def _engine(recipe: Recipe, elsewhere: bool) -> list[str]:
    """Why the engine is not there or cannot serve the base; a Hub base is the engine's own to refuse."""
    if recipe.engine.kind != "vllm" or not {"rlvr", "eval"} & set(recipe.stages):
        return []
    from temper.rlvr.engines import vllm_engine

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
    from temper.policy.lora import lacking

    try:
        model = _bare(recipe.base)
    except ValueError as error:
        return [_no_model(error)]
    return [f"{stage}.lora.{mistake}" for stage, lora in adapted.items() if lora for mistake in lacking(lora, model)]


def _replayed(recipe: Recipe) -> list[str]:
    """Why no routing of this base can be replayed; a Hub base is the run's own to refuse."""
    section = recipe.rlvr if "rlvr" in recipe.stages else None
    if section is None or not section.router_replay:
        return []
    if recipe.engine.kind == "vllm":
        from temper.rlvr.engines.vllm_engine import NO_EXPERTS

        return [f"rlvr.router_replay: {NO_EXPERTS}; take the engine `transformers`, or leave it out"]
    if isinstance(recipe.base, HubBase):
        return []
    from temper.rlvr.routing.routers import routers_of

    try:
        model = _bare(recipe.base)
    except ValueError as error:
        return [_no_model(error)]
    try:
        routers_of(model)
    except ValueError as error:
        return [f"rlvr.router_replay: {error}"]
    return []


def _bare(base: TinyBase | FolderBase) -> "PreTrainedModel":
    """Raises ValueError for a folder that holds no causal language model."""
    from transformers import AutoConfig

    from temper.policy.checkpoint import bare_model
    from temper.policy.tiny import build_config

    return bare_model(build_config(base) if isinstance(base, TinyBase) else AutoConfig.from_pretrained(base.path))


def _no_model(error: ValueError) -> str:
    return f"base.path: no causal language model, got {str(error).splitlines()[0]!r}; take another base"


def _vocabulary(base: Base) -> set[str] | None:
    """Of a tiny base the special tokens, the only ones that are sure before it is made."""
    if isinstance(base, TinyBase):
        return set(SPECIAL_TOKENS)
    if not isinstance(base, FolderBase) or not (path := Path(base.path) / "tokenizer.json").is_file():
        return None
    said = json.loads(path.read_bytes())
    entries = said.get("model", {}).get("vocab", [])  # a mapping, or pairs of token and score
    own = {entry if isinstance(entry, str) else entry[0] for entry in entries}
    own |= {added["content"] for added in said.get("added_tokens", [])}
    return own | set(ADDED) if base.add_tokens else own
