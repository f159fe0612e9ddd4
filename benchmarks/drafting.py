"""Tokens a CPU second of the `transformers` engine with and without guesses of the head, same model and requests.

    python benchmarks/drafting.py [--steps 200] [--tokens 64] [--rows 1 2 4 8 16 32]

The model has the tiny recipes' sizes and is pre-trained with its head (`benchmarks/pretraining.py`); prompts are the
first lines of held-out texts. One thread; the ways take turns and the best of three rounds counts. Prints a JSON line
for each number of rows: tokens a CPU second, their ratio, the share of guesses that came true, and how many completions
are the same.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from pretraining import trained  # it quiets the libraries

# isort: split
import torch

from temper.policy.checkpoint import load_model, load_tokenizer
from temper.policy.mtp import detached_head
from temper.recipes import texts
from temper.rlvr.engines.drafting import DraftingEngine
from temper.rlvr.engines.engine import Engine, generate
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Completion, Request, Sampling

ROUNDS = 3
REQUESTS = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(trained(Path(folder), "phases", 0, options.steps)), flush=True)
        base = Path(folder) / "phases"
        torch.set_num_threads(1)
        tokenizer = load_tokenizer(base)
        held_out = [row["text"] for row in texts.mixed("held_out", REQUESTS, 0)]
        prompts = [tuple(tokenizer(text.partition("\n")[0][:40])["input_ids"]) for text in held_out]
        requests = [Request(i, prompt, seed=i) for i, prompt in enumerate(prompts)]
        sampling = Sampling(1.0, options.tokens)
        for rows in options.rows:
            model = load_model(base)
            guessing = DraftingEngine(model, tokenizer, rows, detached_head(model, base), REQUESTS)
            engines: dict[str, Engine] = {
                "plain": TransformersEngine(load_model(base), tokenizer, rows), "guessing": guessing
            }  # fmt: skip
            print(json.dumps({"rows": rows, **compared(engines, requests, sampling)}), flush=True)


def compared(engines: dict[str, Engine], requests: list[Request], sampling: Sampling) -> dict[str, float]:
    best: dict[str, float] = dict.fromkeys(engines, 0.0)
    done: dict[str, list[Completion]] = {}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            started = time.process_time()
            done[name] = generate(engine, requests, sampling)
            made = sum(len(one.tokens) for one in done[name])
            best[name] = max(best[name], made / (time.process_time() - started))
    guessed = done["guessing"]
    return {
        **{name: round(value) for name, value in best.items()},
        "ratio": round(best["guessing"] / best["plain"], 2),
        "came_true": round(sum(one.accepted for one in guessed) / sum(one.drafted for one in guessed), 3),
        "same": sum(one.tokens == other.tokens for one, other in zip(guessed, done["plain"], strict=True)),
    }


if __name__ == "__main__":
    main()
