"""A checkpoint as a folder to publish: safetensors in shards, configuration, generation defaults, tokenizer with its
chat template, and the model card.

What is written loads with `from_pretrained` and in vLLM and gives the learner's logits: nothing is renamed, merged or
quantised here, and a dtype is changed only when asked for. Generation defaults are those that the model was trained
with: sampling at the given temperature, ended by the end of turn. A folder with anything in it is never written to.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from transformers import GenerationConfig

from temper.policy.atomic import put_in_place
from temper.policy.checkpoint import load_model, load_tokenizer, readable_as, save_tokenizer, weights_of
from temper.policy.generation import end_ids
from temper.policy.health import refuse_unless_finite
from temper.policy.mtp import carry_mtp
from temper.policy.rope_probe import check_rope

SHARD = "5GB"
"""Largest weight file: what a hub shows and resumes well."""


def export(
    checkpoint: Path, out: Path, beside: Mapping[str, str], temperature: float = 1.0, dtype: str | None = None
) -> None:
    """Writes `checkpoint` to `out` with texts `beside` it by their paths, whole or not at all; in its own dtype unless
    given; a head for one token more in its own file. Raises ValueError for a folder that is not empty, or a checkpoint
    whose weights, RoPE or template are not whole; NotFiniteError, which is one, for weights that are no numbers in the
    dtype that is written."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"--out: something is there already, got {str(out)!r}; choose another folder or remove it")
    model = load_model(checkpoint, dtype=dtype or "auto")
    refuse_unless_finite(weights_of(model), str(checkpoint))
    check_rope(model, model.config)
    tokenizer = load_tokenizer(checkpoint)
    ends = end_ids(tokenizer, model.generation_config)
    model.generation_config = GenerationConfig(
        do_sample=temperature > 0,
        temperature=temperature or None,  # 0 is greedy decoding, which has no temperature
        top_k=0 if temperature > 0 else None,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends if len(ends) > 1 else ends[0],
        pad_token_id=tokenizer.pad_token_id,
    )
    temporary = out.with_name(f".{out.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    model.save_pretrained(temporary, max_shard_size=SHARD)
    save_tokenizer(tokenizer, temporary)
    carry_mtp(checkpoint, temporary)
    _say_all(temporary / "generation_config.json", top_p=1.0)
    for name, text in beside.items():
        (temporary / name).parent.mkdir(exist_ok=True)
        (temporary / name).write_text(text, encoding="utf-8")
    readable_as(temporary / "config.json", temporary)
    put_in_place(temporary, out)


def _say_all(path: Path, **values: float) -> None:
    """Adds defaults to the file, which leaves them out: other servers have other ones."""
    said = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
