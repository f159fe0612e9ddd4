"""What YaRN on the full-attention layers alone is worth, on a tiny base: needle score and loss at 4 times its context.

A tiny Mellum (sliding window 64 on three of four layers) is trained at a context of 256 on texts that ask for their own
records (`SYLLABLES` in `recipes/needle.py`): next-token loss on every token, and once more on the answers. It is then
extended to 1,024 by `extend` in three ways: unchanged, YaRN on all layers, YaRN on the full-attention layers. Each is
scored as it is, and again after the same few steps of training at 1,024. Score: share of texts whose answer is the most
probable next token, over five depths; chance is 1 in 8. Loss: nats a token over whole texts of 1,024.

rope_theta is 10,000 here: 500,000 belongs to a context of 8,192, and would leave a head of 32 dimensions four pairs
that turn within 256. The base is trained by Muon and finds every answer at 256.

    python benchmarks/long_context.py --work DIR --seed 0        one seed; what DIR holds already is not made again
    python benchmarks/long_context.py --work DIR --plot docs/long_context.svg     the table and the plot of all seeds
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from temper.policy.bases import TinyBase
from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.optim.muon import MuonOptimizer
from temper.policy.rope import extend
from temper.policy.section import ExtendSection, MuonSection
from temper.policy.tiny import build_model, build_tokenizer
from temper.recipes.needle import SYLLABLES, needle, texts

CONTEXT, FACTOR, THETA = 256, 4, 10_000.0
LENGTHS = (128, 256, 512, 1024)
ARMS = {"none": "unchanged", "all": "YaRN, all layers", "full": "YaRN, full attention only"}
DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
TRAINED = (64, 96, 128, 192, 256)
"""Tokens of the base's texts, a batch of one length at a time."""
TEXTS = 1500
"""Of each."""
SCORED, HELD_OUT = 16, 32
"""Texts of a length and depth, and of the loss."""

Costs = Any


def costs(tokenizer: Any) -> Costs:
    return cache(lambda line: len(tokenizer(line)["input_ids"]))


def rows(tokenizer: Any, count: int, tokens: int, data_seed: int) -> list[torch.Tensor]:
    made = texts(count, tokens, data_seed, costs(tokenizer), SYLLABLES)
    return [torch.tensor(tokenizer(text)["input_ids"]) for text in made]


def losses(model: Any, documents: Sequence[torch.Tensor], keys: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Means over all tokens but each document's first, and over the answers, which follow a key that stands alone."""
    ids_BT = torch.nn.utils.rnn.pad_sequence(list(documents), batch_first=True)
    labels_BT = torch.nn.utils.rnn.pad_sequence(list(documents), batch_first=True, padding_value=-100)[:, 1:]
    logits_BTV = model(input_ids=ids_BT).logits[:, :-1].float()
    loss_BT = cross_entropy(logits_BTV.transpose(1, 2), labels_BT, reduction="none")
    answers_BT = torch.isin(ids_BT[:, :-1], keys)
    return loss_BT.sum() / (labels_BT != -100).sum(), loss_BT[answers_BT].mean()


def lone_keys(tokenizer: Any) -> torch.Tensor:
    return torch.tensor([tokenizer(key)["input_ids"][0] for key in SYLLABLES.keys])


def train(
    model: Any, tokenizer: Any, documents: Sequence[list[torch.Tensor]], steps: int, batch: int, rate: float, seed: int,
    label: str,
) -> None:  # fmt: skip
    """Muon with a linear warm-up over a tenth and a linear fall over the last half; a step draws one of the lists."""
    optimizer = MuonOptimizer(model, MuonSection(weight_decay=0.0), rate)
    rng, keys, start = random.Random(seed), lone_keys(tokenizer), time.monotonic()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, 10 * (step + 1) / steps, 2 * (steps - step) / steps)
        every, answers = losses(model, rng.sample(rng.choice(documents), batch), keys)
        (every + answers).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 50 == 0 or step == steps - 1:
            found = f"loss {every.item():.3f}  answers {answers.item():.3f}  {time.monotonic() - start:.0f} s"
            print(f"{label} step {step + 1:4}/{steps}  {found}", flush=True)


def make_base(folder: Path, seed: int, steps: int) -> None:
    lines = list(texts(1000, 4 * CONTEXT, 0, len, SYLLABLES))
    tokenizer = build_tokenizer(lines, 512)
    section = TinyBase(
        hidden=64, heads=2, kv_heads=1, experts=4, expert_width=64, vocabulary=len(tokenizer), window=64,
        context=CONTEXT,
    )  # fmt: skip
    model: Any = build_model(section, seed)
    for rope in model.config.rope_parameters.values():
        rope["rope_theta"] = THETA
    model.model.rotary_emb = type(model.model.rotary_emb)(model.config)
    model.set_experts_implementation("grouped_mm")
    documents = [rows(tokenizer, TEXTS, tokens, seed) for tokens in TRAINED]
    train(model, tokenizer, documents, steps, 16, 3e-3, seed, f"base {seed}")
    save(model, tokenizer, folder)


@torch.no_grad()
def measured(model: Any, tokenizer: Any) -> dict[str, Any]:
    model.eval()
    found = {
        length: [[_right(model, tokenizer, length, depth, sample) for sample in range(SCORED)] for depth in DEPTHS]
        for length in LENGTHS
    }
    held_out = rows(tokenizer, HELD_OUT, CONTEXT * FACTOR, 10_000)
    keys = lone_keys(tokenizer)
    parts = [torch.stack(losses(model, held_out[start : start + 8], keys)) for start in range(0, HELD_OUT, 8)]
    every, answers = torch.stack(parts).mean(0).tolist()
    model.train()
    return {
        "score": {length: statistics.fmean(map(statistics.fmean, cells)) for length, cells in found.items()},
        "depths": {length: [statistics.fmean(cell) for cell in cells] for length, cells in found.items()},
        "loss": every,
        "answers": answers,
    }


def _right(model: Any, tokenizer: Any, length: int, depth: float, sample: int) -> bool:
    one = needle(random.Random(f"scored/{length}/{depth}/{sample}"), length - 2, depth, costs(tokenizer), SYLLABLES)
    ids = tokenizer(one.continued.rstrip())["input_ids"]
    answer = tokenizer(f" {one.answer}")["input_ids"][0]
    return int(model(input_ids=torch.tensor([ids]), logits_to_keep=1).logits[0, -1].argmax()) == answer


def run(work: Path, seed: int, steps: int, tuned: int) -> None:
    base = work / f"base-{seed}"
    if not base.exists():
        make_base(base, seed, steps)
    tokenizer = load_tokenizer(base)
    documents = rows(tokenizer, 400, CONTEXT * FACTOR, 20_000 + seed)
    for arm in ARMS:
        path = work / f"{arm}-{seed}.json"
        if path.exists():
            continue
        extend(base, work / f"{arm}-{seed}", ExtendSection(factor=FACTOR, layers=arm))  # type: ignore[arg-type]
        model = load_model(work / f"{arm}-{seed}")
        untrained = measured(model, tokenizer)
        train(model, tokenizer, [documents], tuned, 8, 5e-4, seed, f"{arm} {seed}")
        found = {"arm": arm, "seed": seed, "untrained": untrained, "trained": measured(model, tokenizer)}
        path.write_text(json.dumps(found))
        print(_line(found), flush=True)


def _line(found: dict[str, Any]) -> str:
    parts = []
    for state in ("untrained", "trained"):
        scores = " ".join(f"{score:.2f}" for score in found[state]["score"].values())
        parts.append(f"{state:>9}: {scores}  loss {found[state]['loss']:.4f}  answers {found[state]['answers']:.3f}")
    return f"{ARMS[found['arm']]:28} seed {found['seed']}  " + "   ".join(parts)


def gathered(work: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for arm in ARMS for path in sorted(work.glob(f"{arm}-*.json"))]


def plot(found: list[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "temper"
    import matplotlib.pyplot as plt

    figure, (scores, *bars) = plt.subplots(1, 4, figsize=(13, 3.2), width_ratios=(3, 2, 2, 2))
    shown = (("untrained", "loss"), ("untrained", "answers"), ("trained", "loss"))
    for arm, name in ARMS.items():
        some = [one for one in found if one["arm"] == arm]
        seen = [[one["untrained"]["score"][str(length)] for one in some] for length in LENGTHS]
        line = scores.plot(LENGTHS, [statistics.fmean(score) for score in seen], marker="o", label=name)[0]
        scores.fill_between(LENGTHS, list(map(min, seen)), list(map(max, seen)), alpha=0.15)
        for axes, (state, kind) in zip(bars, shown, strict=True):
            values = [one[state][kind] for one in some]
            axes.bar(name, statistics.fmean(values), color=line.get_color())
            axes.plot([name] * len(values), values, "k.", markersize=4)
            axes.set(title=f"nats {'a token' if kind == 'loss' else 'an answer'}, {state}", xticks=[])
    scores.set(xscale="log", ylim=(0, 1.05), xlabel="tokens", title="needle, untrained")
    scores.set_xticks(LENGTHS, map(str, LENGTHS))
    scores.minorticks_off()
    scores.axvline(CONTEXT, color="grey", linewidth=0.8, linestyle=":")
    scores.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, help="run this one; without it, print what is there")
    parser.add_argument("--steps", type=int, default=600, help="of the base, 16 texts each (default 600)")
    parser.add_argument("--tuned", type=int, default=40, help="of each extension, 8 texts each (default 40)")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.seed is not None:
        run(options.work, options.seed, options.steps, options.tuned)
    found = gathered(options.work)
    print(f"needle score at {', '.join(map(str, LENGTHS))} tokens, and nats a token at {CONTEXT * FACTOR}")
    print("\n".join(map(_line, found)))
    if options.plot:
        plot(found, options.plot)


if __name__ == "__main__":
    main()
