"""How often the head's guesses come true with each checkpoint of runs, and the head's loss through their trainings.

    temper run benchmarks/guesses.yaml --out OUT
    temper run benchmarks/guesses.yaml --out OUT --set name=trained --set 'rlvr.mtp={weight: 0.1}'
    python benchmarks/acceptance.py OUT/plain OUT/trained [--requests 64] [--tokens 64]

A run is of a recipe with `base.train`, `sft.mtp` and `engine.draft: mtp`, with `rlvr.mtp` or without. Every checkpoint
with a head is sampled by the engine at temperature 1, behind the first lines of held-out texts and behind held-out
problems in the checkpoint's own chat template. Prints a JSON line a checkpoint and kind of prompt: the share of guesses
that came true and the tokens that were sampled; and a line a training: the head's mean loss over its first and last
tenth of steps, and in RLVR the share that came true in the same steps. A checkpoint of two runs is sampled once.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import tiny_base  # noqa: F401  # first: it quiets the libraries

# isort: split
import torch

from temper.policy.checkpoint import load_model, load_tokenizer
from temper.policy.mtp import MTP_FILE, detached_head
from temper.policy.rendering import Renderer
from temper.recipes import texts, tiny
from temper.rlvr.engines.drafting import DraftingEngine
from temper.rlvr.engines.engine import generate
from temper.rlvr.rollout import Request, Sampling

ROWS = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    torch.set_num_threads(1)
    seen: set[Path] = set()
    for run in options.runs:
        for stage, folder in folders_of(run):
            if folder in seen:
                continue
            seen.add(folder)
            if lines := trained(folder / "metrics.jsonl"):
                print(json.dumps({"run": run.name, "stage": stage, **lines}), flush=True)
            if (folder / "checkpoint" / MTP_FILE).exists():
                for kind, found in sampled(folder / "checkpoint", options.requests, options.tokens).items():
                    print(json.dumps({"run": run.name, "stage": stage, "behind": kind, **found}), flush=True)


def folders_of(run: Path) -> list[tuple[str, Path]]:
    """The stages of a run and where they lie."""
    stages: list[dict[str, str]] = json.loads((run / "stages.json").read_bytes())["stages"]
    return [(stage["name"], run.parent / "stages" / stage["folder"]) for stage in stages]


def trained(path: Path) -> dict[str, list[float]]:
    """Means over the first and the last tenth of the steps, of what is there."""
    steps = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    tenth = max(1, len(steps) // 10)
    found = {}
    for name in ("mtp_loss", "mtp/loss", "draft/accepted"):
        values = [step[name] for step in steps if name in step]
        if values:
            parts = (values[:tenth], values[-tenth:])
            found[name] = [round(sum(part) / len(part), 4) for part in parts]
    return found


def sampled(checkpoint: Path, requests: int, tokens: int) -> dict[str, dict[str, Any]]:
    tokenizer = load_tokenizer(checkpoint)
    held_out = [row["text"].partition("\n")[0][:40] for row in texts.mixed("held_out", requests, 0)]
    prompts = {"texts": [tuple(tokenizer(text)["input_ids"]) for text in held_out]}
    if tokenizer.chat_template:
        renderer, rows = Renderer(tokenizer), tiny.problems("held_out", requests, 0)
        prompts["problems"] = [
            tuple(renderer.prompt_ids([{"role": "user", "content": str(row["prompt"])}])) for row in rows
        ]
    found = {}
    for kind, some in prompts.items():
        model = load_model(checkpoint)
        engine = DraftingEngine(model, tokenizer, ROWS, detached_head(model, checkpoint), ROWS)
        asked = [Request(place, prompt, seed=place) for place, prompt in enumerate(some)]
        done = generate(engine, asked, Sampling(1.0, tokens))
        true, drafted = (sum(getattr(one, name) for one in done) for name in ("accepted", "drafted"))
        found[kind] = {"came_true": round(true / max(1, drafted), 3), "tokens": sum(len(one.tokens) for one in done)}
    return found


if __name__ == "__main__":
    main()
