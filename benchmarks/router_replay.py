"""What router replay leaves of the gap between an engine and a learner that differ in their numbers.

    python benchmarks/router_replay.py [--layers 8] [--experts 16] [--steps 60] [--requests 16] [--tokens 40]

A tiny base is pre-trained for some steps. An engine samples from it, as it is and disturbed: its weights rounded to
bfloat16, or its routers alone off by a share of their weights' spread. The learner, in float32 over the base, scores
the same completions with replay and without. Prints a JSON line for each engine: the share of (token, layer) where the
learner would have chosen other experts, and of the gap of logprobs the mean, the 99th percentile and the largest, each
without and with; and seconds of CPU that the engine took a token, telling experts and not.
"""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

from pretraining import trained  # it quiets the libraries

# isort: split
import torch

from temper.policy.checkpoint import load_model, load_tokenizer, weights_of
from temper.policy.section import LearnersSection
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Batch, BatchRow, Completion, Request, Sampling
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import make_trainer

ENGINES = (("float32", 0.0), ("bfloat16", 0.0), ("float32", 0.02), ("float32", 0.1))
"""Type of its weights, and how far its routers are off."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, number in (("layers", 8), ("experts", 16), ("steps", 60), ("requests", 16), ("tokens", 40)):
        parser.add_argument(f"--{name}", type=int, default=number)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        shape = {"layers": options.layers, "experts": options.experts, "experts_per_token": 4, "expert_width": 32}
        trained(Path(folder), "phases", 0, options.steps, **shape)
        base = Path(folder) / "phases"
        draw = random.Random(0)
        prompts = [tuple(draw.randrange(40, 300) for _ in range(draw.randint(3, 20))) for _ in range(options.requests)]
        requests = [Request(i, prompt, seed=i) for i, prompt in enumerate(prompts)]
        for dtype, noise in ENGINES:
            engine = disturbed(base, dtype, noise, options.requests)
            quiet_s, _ = timed(engine, requests, Sampling(1.0, options.tokens))
            told_s, done = timed(engine, requests, Sampling(1.0, options.tokens, experts=True))
            seconds = {"token_s_quiet": round(quiet_s, 6), "token_s_told": round(told_s, 6)}
            found = {"engine": dtype, "router_noise": noise, **compared(base, requests, done), **seconds}
            print(json.dumps(found), flush=True)


def disturbed(base: Path, dtype: str, noise: float, batch: int) -> TransformersEngine:
    model, generator = load_model(base, dtype=dtype), torch.Generator().manual_seed(0)
    for name, weights in weights_of(model).items():
        if noise and name.endswith("gate.weight"):
            weights += noise * weights.std() * torch.randn(weights.shape, generator=generator).to(weights.dtype)
    return TransformersEngine(model, load_tokenizer(base), batch, version=0)


def timed(engine: TransformersEngine, requests: list[Request], sampling: Sampling) -> tuple[float, list[Completion]]:
    """Seconds of CPU a token."""
    started = time.process_time()
    done = generate(engine, requests, sampling)
    return (time.process_time() - started) / sum(len(one.tokens) for one in done), done


def compared(base: Path, requests: list[Request], done: list[Completion]) -> dict[str, float | int]:
    rows = tuple(
        BatchRow(request.prompt_tokens, one.tokens, one.rollout_logprobs, 1.0, True, (), one.experts)
        for request, one in zip(requests, done, strict=True)
    )
    without, _ = gaps(base, rows, False)
    replayed, line = gaps(base, rows, True)
    found: dict[str, float | int] = {"tokens": len(without), "token_bytes": done[0].experts.token_bytes}
    found["differ"] = round(line["router_replay/differ"], 5)
    for name, of in (("without", without), ("with", replayed)):
        found[f"mean_{name}"] = float(f"{of.mean():.3g}")
        found[f"p99_{name}"] = float(f"{of.quantile(0.99):.3g}")
        found[f"largest_{name}"] = float(f"{of.max():.3g}")
    return found


def gaps(base: Path, rows: tuple[BatchRow, ...], replays: bool) -> tuple[torch.Tensor, dict[str, float]]:
    """|log pi_learner - log pi_engine| of each token, and the line of the step."""
    tokens = sum(row.loss_tokens for row in rows)
    section = RlvrSection.model_validate(
        {
            "data": ({"kind": "generated", "generator": "tiny", "rows": 1},), "steps": 1, "problems_per_step": 1,
            "group_size": len(rows), "max_prompt_tokens": 32, "max_completion_tokens": 100,
            "schedule": {"learning_rate": 1e-6}, "router_replay": replays,
        }
    )  # fmt: skip
    said: list[float] = []
    with tempfile.TemporaryDirectory() as work:
        trainer = make_trainer(
            section, LearnersSection(threads=1), 0, base, Path(work), ScriptedFeed(lambda step: Batch(0, rows, tokens)),
            keep=lambda step, of: said.extend(one for row in of for one in row),
        )  # fmt: skip
        trainer.train()
    theirs = torch.tensor([one for row in rows for one in row.rollout_logprobs])
    return (torch.tensor(said) - theirs).abs(), trainer.state.log_history[0]


if __name__ == "__main__":
    main()
