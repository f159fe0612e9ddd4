"""The engine that a section names, over a checkpoint."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from temper.policy.section import LoraSection
from temper.rlvr.engines.free_memory import free_bytes
from temper.rlvr.section import EngineSection

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from temper.rlvr.engines.transformers_engine import TransformersEngine
    from temper.rlvr.engines.vllm_engine import VllmEngine


def build(
    checkpoint: str, section: EngineSection, version: int, dtype: str, on_gpu: bool, lora: LoraSection | None = None
) -> "TransformersEngine | VllmEngine":
    """`version`: that of the checkpoint's weights; `dtype` and `on_gpu` of the embedded engine, vLLM has its own;
    `lora`: adapters, which pushes send alone. Raises ValueError for what the engine cannot serve."""
    if section.kind == "vllm":
        from temper.rlvr.engines.vllm_engine import VllmEngine

        return VllmEngine(checkpoint, section.batch, section.memory, version)
    from transformers import AutoConfig

    from temper.policy.checkpoint import load_model, load_tokenizer
    from temper.policy.mtp import MTP_FILE, detached_head
    from temper.policy.rope_probe import check_rope
    from temper.rlvr.engines.transformers_engine import TransformersEngine

    model = load_model(checkpoint, dtype=dtype)
    if on_gpu:
        model = model.to("cuda")
    check_rope(model, AutoConfig.from_pretrained(checkpoint))
    adapted = None
    if lora:
        from temper.policy.lora import adapted_copy

        adapted = adapted_copy(lora, model)
    tokenizer = load_tokenizer(checkpoint)
    room = int(section.memory * free_bytes(on_gpu))
    log.info("engine: keys and values may fill %.3g GiB (engine.memory %g)", room / 2**30, section.memory)
    if section.draft and (Path(checkpoint) / MTP_FILE).exists():
        from temper.rlvr.engines.drafting import DraftingEngine

        head = detached_head(model, Path(checkpoint))
        rows = None if section.draft_rows == "measured" else section.draft_rows
        return DraftingEngine(model, tokenizer, section.batch, head, rows, version, adapted, room)
    if section.draft:
        log.warning("engine.draft: %s holds no head (%s); it is sampled without guesses", checkpoint, MTP_FILE)
    return TransformersEngine(model, tokenizer, section.batch, version, adapted, room)
