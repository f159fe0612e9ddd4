"""Pre-training in three phases with Muon beside the plain loop on one mixture, equal tokens, from the same weights.

    python benchmarks/pretraining.py [--steps 200] [--seeds 3]

The phases shift from prose to code and mathematics under warm-up, hold and decay to zero (arXiv 2605.31268, section 2);
the loop is AdamW on the three in equal parts, its rate falling over the second half. Prints a JSON line: for each seed
both losses (nats a token) on code and on mathematics that nobody trained on, the tokens, and the seconds.
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
from temper.policy.tiny import make_base, write_untrained
from temper.recipes import texts
from temper.sft.section import PretrainSection
from temper.sft.shard import Shard
from temper.sft.train import train

SHAPE: dict[str, Any] = {
    "text": "mixed", "layers": 4, "hidden": 64, "heads": 4, "kv_heads": 2, "experts": 16, "experts_per_token": 2,
    "expert_width": 160, "vocabulary": 512, "window": 64, "context": 128, "learning_rate": 6e-3, "batch": 32,
}  # fmt: skip
SOURCES = [{"kind": "generated", "generator": name, "rows": 8000} for name in ("prose", "code", "math")]
PHASES = [
    {"share": 0.4, "weights": [0.6, 0.2, 0.2]},
    {"share": 0.4, "weights": [0.2, 0.4, 0.4]},
    {"share": 0.2, "weights": [0.1, 0.45, 0.45]},
]
PACKS = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=6e-3)
    options = parser.parse_args()
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            phases = in_phases(Path(folder), seed, options.steps, options.rate)
            loop = plain_loop(Path(folder), seed, phases["tokens"])
            print(json.dumps({"seed": seed, "phases": phases, "loop": loop}), flush=True)


def in_phases(folder: Path, seed: int, steps: int, rate: float) -> dict[str, Any]:
    section = PretrainSection.model_validate(
        {
            "data": SOURCES, "phases": PHASES, "pack_tokens": SHAPE["context"], "packs_per_step": PACKS,
            "packs_per_micro_batch": PACKS, "steps": steps, "save_every": steps,
            "schedule": {"learning_rate": rate, "warmup_steps": 20, "decay": "hold", "decay_steps": steps // 2},
        }
    )  # fmt: skip
    base, out, tokens = folder / "untrained", folder / "phases", 0
    write_untrained(TinyBase(**SHAPE), texts.base_lines(), seed, base)

    def report(step: int, metrics: dict[str, float]) -> None:
        nonlocal tokens
        tokens += int(metrics["tokens"])

    started = time.perf_counter()
    tokenizer = load_tokenizer(base)
    shard = Shard(tokenizer, section, "instruct", seed)
    prepare([lambda block: lambda: shard.render(block)], section, seed, tokenizer.pad_token_id, folder / "packs")
    learners = LearnersSection(threads=2)
    train(section, learners, seed, "instruct", base, folder / "packs", folder / "work", out, report)
    return {**losses(out), "tokens": tokens, "seconds": round(time.perf_counter() - started, 1)}


def plain_loop(folder: Path, seed: int, tokens: int) -> dict[str, Any]:
    """Steps of 32 lines each, until about so many tokens are seen."""
    lines = texts.base_lines()
    tokenizer = load_tokenizer(folder / "untrained")
    a_line = sum(min(len(tokenizer(line)["input_ids"]) + 1, SHAPE["context"]) for line in lines[:3000]) / 3000
    steps = round(tokens / (a_line * SHAPE["batch"]))
    started = time.perf_counter()
    torch.set_num_threads(2)
    make_base(TinyBase(**SHAPE, steps=steps), lines, seed, folder / "loop")
    return {**losses(folder / "loop"), "steps": steps, "seconds": round(time.perf_counter() - started, 1)}


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
