"""Our SFT against stock `SFTTrainer`, packed and padded: same tiny model, documents, trained tokens and optimizer.

    python benchmarks/sft.py [--gsm8k FILE] [--steps 40] [--only ours]

Each contestant trains in a process of its own, in one run, a step of one pack (padded: as many documents as fill one).
Real tokens are those of the documents, padding not counted. Prints a JSON line: tokens a second (median step), peak
resident memory, and the mean loss of the steps up to each count of real tokens seen; ratios are ours over theirs.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tiny_base import Clock, untrained_base  # first: it quiets the libraries

# isort: split
import torch
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer
from temper.policy.rendering import Renderer
from temper.policy.section import AdamWSection, LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.recipes import tiny
from temper.rows import gsm8k
from temper.sft.examples import Dropped, parse_example
from temper.sft.masks import Sample, samples
from temper.sft.packing import write_packs
from temper.sft.section import SftSection
from temper.sft.train import make_trainer
from temper.verifiers.rows import read_json_lines

LENGTH = 4096
SCHEDULE = ScheduleSection(learning_rate=1e-3, decay="constant")
OPTIMIZER = AdamWSection(betas=(0.9, 0.95), weight_decay=0.1)
CONTESTANTS = ("ours", "stock_packed", "stock_padded")
POINTS = 4
"""Points of the loss curve."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gsm8k", type=Path)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--only", choices=CONTESTANTS)
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)  # one contestant in its own process
    options = parser.parse_args()
    if options.within:
        print(json.dumps(contest(options.only, options.within, options.steps)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = untrained_base(folder, context=LENGTH)
        result: dict[str, Any] = {"model": "tiny Mellum 2.1M", "pack_tokens": LENGTH}
        result |= prepare(base, folder, options.gsm8k)
        for contestant in [options.only] if options.only else CONTESTANTS:
            command = [sys.executable, __file__, "--only", contestant, "--within", name, "--steps", str(options.steps)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
            result[contestant] = json.loads(done.stdout.splitlines()[-1])
    for theirs in CONTESTANTS[1:] if not options.only else ():
        result[f"over_{theirs}"] = round(result["ours"]["tokens_s"] / result[theirs]["tokens_s"], 2)
    print(json.dumps(result))


def prepare(base: Path, folder: Path, gsm8k_path: Path | None) -> dict[str, Any]:
    """Writes the documents and the packs; how full they are, and tokens a second of one core for it."""
    began = time.process_time()
    documents = [one for one in rendered(base, gsm8k_path) if len(one.tokens) <= LENGTH]
    counts = write_packs(documents, LENGTH, 0, seed=0, folder=folder / "packs")
    seconds = time.process_time() - began
    columns = {"tokens": [one.tokens for one in documents], "trained": [one.trained for one in documents]}
    Dataset.from_dict(columns).save_to_disk(str(folder / "documents"))
    found = {
        "fill": round(counts.tokens / (counts.packs * LENGTH), 5),
        "trained_share": round(counts.trained_tokens / counts.tokens, 3),
        "prepared_tokens_s": round(counts.tokens / seconds),
    }
    (folder / "prepared.json").write_text(json.dumps(found))
    return found


def rendered(base: Path, path: Path | None) -> Iterator[Sample]:
    """GSM8K's, or generated arithmetic's, reasoning and answer trained."""
    if path:
        rows = ((where, gsm8k.example(row)) for where, row in read_json_lines(path))
    else:
        rows = ((f"generated:{i}", row) for i, row in enumerate(tiny.examples("train", 12_000, 0)))
    examples = ((where, parse_example(row, where)) for where, row in rows)
    renderer = Renderer(dress(load_tokenizer(base), "thinking"))
    return samples(renderer, examples, "thinking", 5, Dropped())


def contest(name: str, folder: Path, steps: int) -> dict[str, Any]:
    torch.set_num_threads(2)
    if name == "ours":
        trainer, tokens_a_step = ours(folder, steps)
    else:
        trainer, tokens_a_step = stock(folder, steps, packing=name == "stock_packed")
    clock, losses = Clock(), Losses()
    trainer.add_callback(clock)
    trainer.add_callback(losses)
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    share = max(1, steps // POINTS)
    curve = {
        str(round(end * tokens_a_step)): round(statistics.fmean(losses.found[end - share : end]), 4)
        for end in range(share, steps + 1, share)
    }
    return {
        "tokens_s": round(tokens_a_step / statistics.median(clock.seconds)),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "loss_by_tokens": curve,
    }


class Losses(TrainerCallback):  # type: ignore[misc]
    """The loss of every step."""

    def __init__(self) -> None:
        self.found: list[float] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **kwargs: Any) -> None:
        if "loss" in logs:
            self.found.append(logs["loss"])


def ours(folder: Path, steps: int) -> tuple[Any, float]:
    section = SftSection(
        data=(GeneratedRows(rows=1),), pack_tokens=LENGTH, packs_per_step=1, steps=steps, schedule=SCHEDULE,
        optimizer=OPTIMIZER, router_loss=0.0,
    )  # fmt: skip
    trainer = make_trainer(
        section, LearnersSection(), 0, "thinking", folder / "base", folder / "packs", folder / "work"
    )
    return trainer, json.loads((folder / "prepared.json").read_text())["fill"] * LENGTH


def stock(folder: Path, steps: int, packing: bool) -> tuple[Any, float]:
    """Their packing takes a row of LENGTH; padded, as many documents as make the same real tokens."""
    documents = Dataset.load_from_disk(str(folder / "documents"))
    mean = statistics.fmean(len(tokens) for tokens in documents["tokens"])
    batch = 1 if packing else round(LENGTH / mean)
    arguments = SFTConfig(
        output_dir=str(folder / "stock"), per_device_train_batch_size=batch, max_steps=steps,
        learning_rate=SCHEDULE.learning_rate, lr_scheduler_type="constant", adam_beta1=OPTIMIZER.betas[0],
        adam_beta2=OPTIMIZER.betas[1], weight_decay=OPTIMIZER.weight_decay, packing=packing, max_length=LENGTH,
        use_cpu=True, bf16=False, gradient_checkpointing=False, report_to="none", disable_tqdm=True,
        save_strategy="no", router_aux_loss_coef=0.0, logging_steps=1,
    )  # fmt: skip
    rows = [
        {
            "input_ids": row["tokens"],
            "labels": [t if m else -100 for t, m in zip(row["tokens"], row["trained"], strict=True)],
        }
        for row in documents
    ]
    trainer = SFTTrainer(
        model=load_model(folder / "base"), args=arguments, train_dataset=Dataset.from_list(rows),
        processing_class=load_tokenizer(folder / "base"),
    )  # fmt: skip
    return trainer, LENGTH if packing else mean * batch


if __name__ == "__main__":
    main()
