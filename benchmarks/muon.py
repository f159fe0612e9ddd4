"""Muon against AdamW: the tiny recipes' base trained from nothing on their text, each at its best rate of a grid.

    python benchmarks/muon.py [--steps 150] [--seeds 3] [--plot docs/muon.svg]

Both take the same rows in the same order under the same schedule (warm-up, peak, linear fall over the second half), so
Muon passes AdamW's final loss while its own rate is still high. Loss is next-token loss (nats) on rows that are not
trained on, every `--every` steps. Prints a JSON line: the losses at the end for every rate (seed 0), and for the best
rates, for each seed, the final losses, the steps after which Muon is below AdamW's, and the milliseconds of a step.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import tiny_base  # noqa: F401  # first: it quiets the libraries

# isort: split
import torch

from temper.policy.bases import TinyBase
from temper.policy.optim.muon import MuonOptimizer
from temper.policy.section import MuonSection
from temper.policy.tiny import build_model, build_tokenizer
from temper.recipes import tiny

BASE = TinyBase(
    layers=4, hidden=64, heads=4, kv_heads=2, experts=16, experts_per_token=2, expert_width=160, vocabulary=384,
    window=64, context=96,
)  # fmt: skip
RATES = {"adamw": (1.5e-3, 3e-3, 6e-3, 1.2e-2), "muon": (3e-3, 6e-3, 1.2e-2)}
ROWS, WARMUP_STEPS = 16, 20
Curve = list[tuple[int, float]]
Batch = tuple[torch.Tensor, torch.Tensor]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines, held_out = list(tiny.text(20_000, data_seed=0)), list(tiny.text(256, data_seed=1))
    tokenizer = build_tokenizer(lines[:4000], BASE.vocabulary)
    documents, judged = (
        [[*tokenizer(line)["input_ids"], tokenizer.pad_token_id] for line in s] for s in (lines, held_out)
    )
    unseen = [document for document in judged if document not in documents]

    curves: dict[str, dict[float, Curve]] = {name: {} for name in RATES}
    seconds: dict[str, float] = {}
    for name, rates in RATES.items():
        for rate in rates:
            curves[name][rate], seconds[name] = trained(name, rate, 0, documents, unseen, options.steps, options.every)
    best = {name: min(found, key=lambda rate: found[rate][-1][1]) for name, found in curves.items()}
    runs = [
        {
            name: curves[name][rate] if seed == 0 else
            trained(name, rate, seed, documents, unseen, options.steps, options.every)[0]
            for name, rate in best.items()
        }
        for seed in range(options.seeds)
    ]  # fmt: skip
    found = {
        "grid": {name: {rate: round(curve[-1][1], 4) for rate, curve in c.items()} for name, c in curves.items()},
        "best_rate": best,
        "final": {name: [round(run[name][-1][1], 4) for run in runs] for name in RATES},
        "muon_below_adamws_final_after": [passed(run["muon"], run["adamw"][-1][1]) for run in runs],
        "steps": options.steps,
        "step_ms": {name: round(1000 * value, 1) for name, value in seconds.items()},
    }
    print(json.dumps(found))
    if options.plot:
        plot(runs, best, options.plot)


def trained(
    name: str,
    rate: float,
    seed: int,
    documents: Sequence[list[int]],
    judged: Sequence[list[int]],
    steps: int,
    every: int,
) -> tuple[Curve, float]:
    """Held-out loss over the steps, and the median seconds of a step."""
    model = build_model(BASE, seed)
    model.set_experts_implementation("grouped_mm")
    optimizer: torch.optim.Optimizer
    if name == "muon":
        optimizer = MuonOptimizer(model, MuonSection(), rate)
    else:
        optimizer = torch.optim.AdamW(model.parameters(), rate, (0.9, 0.95), weight_decay=0.1)
    rng, curve, seconds = random.Random(seed), [], []
    for step in range(steps):
        started = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / WARMUP_STEPS) * min(1.0, 2.0 * (steps - step) / steps)
        ids, labels = batch(rng.sample(documents, ROWS))
        model(input_ids=ids, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - started)
        if (step + 1) % every == 0 or step + 1 == steps:
            with torch.no_grad():
                ids, labels = batch(judged)
                curve.append((step + 1, model(input_ids=ids, labels=labels).loss.item()))
    return curve, statistics.median(seconds)


def batch(documents: Sequence[list[int]]) -> Batch:
    """Right-padded ids and labels; causal attention keeps the padding out of what counts."""
    rows = [torch.tensor(document[: BASE.context]) for document in documents]
    pad = torch.nn.utils.rnn.pad_sequence
    return pad(rows, batch_first=True), pad(rows, batch_first=True, padding_value=-100)


def passed(curve: Curve, loss: float) -> int | None:
    """The first judged step after which the loss stays below; None when it never does."""
    above = [step for step, value in curve if value >= loss]
    return next((step for step, value in curve if not above or step > above[-1]), None)


def plot(runs: Sequence[dict[str, Curve]], best: dict[str, float], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "temper"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, colour in (("adamw", "tab:orange"), ("muon", "tab:blue")):
        for number, run in enumerate(runs):
            label = f"{name}, rate {best[name]:g}" if number == 0 else None
            axes.plot(*zip(*run[name], strict=True), color=colour, label=label, linewidth=1.2)
        axes.axhline(statistics.mean(run[name][-1][1] for run in runs), color=colour, linestyle=":", linewidth=1)
    axes.set(xlabel=f"steps of {ROWS} rows", ylabel="held-out loss, nats a token", yscale="log")
    axes.legend(title=f"{len(runs)} seeds; dotted: mean final loss")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
