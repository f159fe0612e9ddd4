"""Pre-training in three phases with Muon beside one mixture with Muon and with AdamW: one trainer, the same tokens, the
same weights to begin with.

    python benchmarks/pretraining.py [--steps 200] [--seeds 3]

The phases shift from prose to code and mathematics under warm-up, hold and decay to zero (arXiv 2605.31268, section 2);
the mixture is the three in equal parts, under the same curve of the rate. Each optimizer has its best rate of the grid
in `benchmarks/muon.py`. Prints a JSON line a seed: by arm the losses (nats a token) on code and on mathematics that
nobody trained on, the tokens, and the seconds.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import tiny_base  # noqa: F401  # first: it quiets the libraries

# isort: split
import torch

from temper.pipeline.packs import prepare
from temper.policy.bases import TinyBase
from temper.policy.checkpoint import load_model, load_tokenizer
from temper.policy.section import LearnersSection
from temper.policy.tiny import write_untrained
from temper.recipes import texts
from temper.sft.section import PretrainSection
from temper.sft.shard import Shard
from temper.sft.train import train

SHAPE: dict[str, Any] = {
    "text": "mixed", "layers": 4, "hidden": 64, "heads": 4, "kv_heads": 2, "experts": 16, "experts_per_token": 2,
    "expert_width": 160, "vocabulary": 512, "window": 64, "context": 128,
}  # fmt: skip
SOURCES = [{"kind": "generated", "generator": name, "rows": 8000} for name in ("prose", "code", "math")]
PHASES = [
    {"share": 0.4, "weights": [0.6, 0.2, 0.2]},
    {"share": 0.4, "weights": [0.2, 0.4, 0.4]},
    {"share": 0.2, "weights": [0.1, 0.45, 0.45]},
]
MIXTURE = [{"share": 1, "weights": [1, 1, 1]}]
ADAMW = {"kind": "adamw", "betas": [0.9, 0.95], "weight_decay": 0.1}
ARMS: dict[str, tuple[float, dict[str, Any]]] = {
    "phases": (6e-3, {"phases": PHASES}),
    "mixture": (6e-3, {"phases": MIXTURE}),
    "mixture-adamw": (3e-3, {"phases": MIXTURE, "optimizer": ADAMW}),
}
"""Peak of the learning rate, and what the section says."""
PACKS = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            found = {arm: trained(Path(folder), arm, seed, options.steps) for arm in ARMS}
            print(json.dumps({"seed": seed, **found}), flush=True)


def section(arm: str, steps: int) -> PretrainSection:
    rate, said = ARMS[arm]
    return PretrainSection.model_validate(
        {
            "data": SOURCES, "pack_tokens": SHAPE["context"], "packs_per_step": PACKS, "packs_per_micro_batch": PACKS,
            "steps": steps, "save_every": steps, **said,
            "schedule": {"learning_rate": rate, "warmup_steps": 20, "decay": "hold", "decay_steps": steps // 2},
        }
    )  # fmt: skip


def trained(folder: Path, arm: str, seed: int, steps: int, **shape: int) -> dict[str, Any]:
    """Leaves the base in `folder / arm`, of another shape where fields say so."""
    work, out, tokens, of = folder / f"{arm}-work", folder / arm, 0, section(arm, steps)
    write_untrained(TinyBase(**SHAPE | shape), texts.tokenizer_lines(), seed, work / "untrained")

    def report(step: int, metrics: dict[str, float]) -> None:
        nonlocal tokens
        tokens += int(metrics["tokens"])

    started = time.perf_counter()
    tokenizer = load_tokenizer(work / "untrained")
    shard = Shard(tokenizer, of, "instruct", seed)
    prepare([lambda block: lambda: shard.render(block)], of, seed, tokenizer.pad_token_id, work / "packs")
    learners = LearnersSection(threads=2)
    train(of, learners, seed, "instruct", work / "untrained", work / "packs", work / "checkpoints", out, report)
    return {**losses(out), "tokens": tokens, "seconds": round(time.perf_counter() - started, 1)}


def losses(checkpoint: Path) -> dict[str, float]:
    """Nats a token on 300 held-out texts each."""
    model, tokenizer = load_model(checkpoint), load_tokenizer(checkpoint)
    found = {}
    for name, make in (("code", texts.code), ("math", texts.math)):
        summed, counted = 0.0, 0
        for row in make("held_out", 300, 0):
            ids = torch.tensor([[*tokenizer(row["text"])["input_ids"], tokenizer.pad_token_id]])
            with torch.no_grad():
                summed += model(input_ids=ids, labels=ids).loss.item() * (ids.shape[1] - 1)
            counted += ids.shape[1] - 1
        found[name] = round(summed / counted, 4)
    return found


if __name__ == "__main__":
    main()
