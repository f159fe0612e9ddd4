"""Tokens a second of the `transformers` engine against `model.generate` and a plain loop, same model and requests.

    python benchmarks/engine.py [--threads 2] [--batch 256] [--requests 512] [--group 8] [--tokens 96] [--rounds 3]

The model has the tiny recipes' sizes and one step of training, so completions run to their limit or end by chance.
The plain loop is what anyone writes first: sorted batches, left padding, a `DynamicCache`, rows that ended dropped now
and then. `generate` samples only; the other two also give logprobs. Best of the rounds, which take turns, by the clock
and by CPU time (on a busy machine the latter says more). One JSON line.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as under `temper run`

from tiny_base import untrained_base  # it quiets the libraries

# isort: split
import torch
from transformers import DynamicCache, PreTrainedModel

from temper.pipeline.sources import problems
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer
from temper.policy.rendering import Renderer
from temper.policy.sources import GeneratedRows
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Request, Sampling

Tokens = int
END_OF_TURN, PAD = 28, 0


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (
        ("threads", 2),
        ("batch", 256),
        ("requests", 512),
        ("group", 8),
        ("tokens", 96),
        ("rounds", 3),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = untrained_base(Path(folder), context=256)
        torch.set_num_threads(options.threads)
        tokenizer = dress(load_tokenizer(base), "instruct")
        rows = problems([GeneratedRows(rows=options.requests // options.group)])
        prompts = [tuple(Renderer(tokenizer).prompt_ids(row.messages())) for row in rows for _ in range(options.group)]
        requests = [Request(i, prompt, seed=i) for i, prompt in enumerate(prompts)]
        engine, model = TransformersEngine(load_model(base), tokenizer, options.batch), load_model(base).eval()
    sampling = Sampling(1.0, options.tokens)
    contenders: dict[str, Callable[[], Tokens]] = {
        "engine": lambda: sum(len(done.tokens) for done in generate(engine, requests, sampling)),
        "plain_loop": lambda: by_batch(plain_loop, model, requests, options),
        "generate": lambda: by_batch(stock, model, requests, options),
    }
    clocks = {"": time.perf_counter, "cpu_": time.process_time}
    found = {f"{name}_tokens_per_{clock}s": 0.0 for name in contenders for clock in clocks}
    for _ in range(options.rounds):
        for name, run in contenders.items():
            starts = {clock: now() for clock, now in clocks.items()}
            tokens = run()
            for clock, now in clocks.items():
                figure = f"{name}_tokens_per_{clock}s"
                found[figure] = max(found[figure], tokens / (now() - starts[clock]))
    prompt_tokens = sum(map(len, prompts)) // len(prompts)
    result = {"model": "tiny Mellum 2.1M", **vars(options), "prompt_tokens": prompt_tokens}
    print(json.dumps(result | {figure: round(value) for figure, value in found.items()}))


def by_batch(
    sample: Callable[[PreTrainedModel, list[Request], int], Tokens],
    model: PreTrainedModel,
    requests: Sequence[Request],
    options: argparse.Namespace,
) -> Tokens:
    ordered = sorted(requests, key=lambda request: len(request.prompt_tokens))
    starts = range(0, len(ordered), options.batch)
    return sum(sample(model, ordered[start : start + options.batch], options.tokens) for start in starts)


def left_padded(requests: list[Request]) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(request.prompt_tokens) for request in requests)
    ids = [[*[PAD] * (width - len(request.prompt_tokens)), *request.prompt_tokens] for request in requests]
    absent = [[*[0] * (width - len(request.prompt_tokens)), *[1] * len(request.prompt_tokens)] for request in requests]
    return torch.tensor(ids), torch.tensor(absent)


@torch.inference_mode()
def stock(model: PreTrainedModel, requests: list[Request], tokens: int) -> Tokens:
    ids_BT, mask_BT = left_padded(requests)
    out_BT = model.generate(
        input_ids=ids_BT, attention_mask=mask_BT, max_new_tokens=tokens, do_sample=True, temperature=1.0, top_k=0,
        eos_token_id=END_OF_TURN, pad_token_id=PAD,
    )[:, ids_BT.shape[1] :]  # fmt: skip
    return int((out_BT != PAD).sum())


@torch.inference_mode()
def plain_loop(model: PreTrainedModel, requests: list[Request], tokens: int) -> Tokens:
    ids_BT, mask_BT = left_padded(requests)
    positions_BT = (mask_BT.cumsum(-1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    stopped_B = torch.zeros(len(requests), dtype=torch.bool)
    count = 0
    for _ in range(tokens):
        logits_BV = model(
            input_ids=ids_BT, attention_mask=mask_BT, position_ids=positions_BT, past_key_values=cache,
            use_cache=True, logits_to_keep=1,
        ).logits[:, -1]  # fmt: skip
        logprobs_BV = torch.log_softmax(logits_BV, -1)
        drawn_B1 = torch.multinomial(logprobs_BV.exp(), 1)
        logprobs_BV.gather(-1, drawn_B1)
        count += int((~stopped_B).sum())
        stopped_B |= drawn_B1[:, 0] == END_OF_TURN
        if stopped_B.all():
            break
        mask_BT = torch.cat([mask_BT, mask_BT.new_ones((len(mask_BT), 1))], dim=1)
        positions_BT, ids_BT = positions_BT[:, -1:] + 1, drawn_B1
        if stopped_B.float().mean() >= 0.25:
            living = torch.nonzero(~stopped_B)[:, 0]
            ids_BT, mask_BT, positions_BT = ids_BT[living], mask_BT[living], positions_BT[living]
            stopped_B = stopped_B[living]
            cache.batch_select_indices(living)
    return count


if __name__ == "__main__":
    main()
