"""A step of our SFT against stock `SFTTrainer`, packed and padded: same tiny model, data and batch, one run.

    python benchmarks/sft.py [--gsm8k FILE] [--steps 6]

Real tokens are those of the documents, padding not counted. Prints one JSON line; ratios are ours over theirs.
"""

import argparse
import json
import statistics
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from tiny_base import Clock, untrained_base  # first: it quiets the libraries

# isort: split
from datasets import Dataset
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer
from temper.policy.section import GeneratedRows, Learners, Schedule
from temper.recipes import gsm8k, tiny
from temper.sft.examples import parse_example
from temper.sft.masks import Sample, samples
from temper.sft.packing import pack, write_packs
from temper.sft.section import Sft
from temper.sft.train import make_trainer
from temper.verifiers.rows import read_json_lines

LENGTH, PACKS = 1024, 4


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gsm8k", type=Path)
    parser.add_argument("--steps", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = untrained_base(Path(folder), context=LENGTH)
        documents = prepared(base, options.gsm8k)
        result: dict[str, Any] = {"model": "tiny Mellum 2.1M", "pack_tokens": LENGTH, "packs_per_step": PACKS}
        result["ours_tokens_s"] = ours(Path(folder), base, documents, options.steps)
        for name, packing in (("stock_packed", True), ("stock_padded", False)):
            result[f"{name}_tokens_s"] = stock(Path(folder) / name, base, documents, options.steps, packing)
            result[f"ours_over_{name}"] = round(result["ours_tokens_s"] / result[f"{name}_tokens_s"], 2)
    print(json.dumps(result))


def prepared(base: Path, path: Path | None) -> list[Sample]:
    tokenizer = dress(load_tokenizer(base), "thinking")
    if path:
        rows = ((where, gsm8k.example(row)) for where, row in islice(read_json_lines(path), 1000))
    else:
        rows = ((f"generated:{i}", row) for i, row in enumerate(tiny.examples("train", 3000, 0)))
    kept, _ = samples(tokenizer, (parse_example(row, where) for where, row in rows), "thinking", 5)
    return [sample for sample in kept if len(sample.tokens) <= LENGTH]


def ours(folder: Path, base: Path, documents: list[Sample], steps: int) -> int:
    packs, _ = pack(documents, LENGTH, pad_id=0, seed=0)
    write_packs(packs, folder / "packs")
    section = Sft(
        data=(GeneratedRows(rows=1),), pack_tokens=LENGTH, packs_per_step=PACKS, packs_per_micro_batch=PACKS,
        steps=steps, schedule=Schedule(learning_rate=1e-4), router_loss=0.0,
    )  # fmt: skip
    trainer = make_trainer(section, Learners(), 0, "thinking", base, folder / "packs", folder / "work")
    fill = sum(len(document.tokens) for document in documents) / (len(packs) * LENGTH)
    return tokens_a_second(trainer, LENGTH * PACKS * fill)


def stock(folder: Path, base: Path, documents: list[Sample], steps: int, packing: bool) -> int:
    """Their packing takes as many rows of LENGTH; padded, as many documents as make the same real tokens."""
    mean = statistics.fmean(len(document.tokens) for document in documents)
    arguments = SFTConfig(
        output_dir=str(folder), per_device_train_batch_size=PACKS if packing else round(LENGTH * PACKS / mean),
        max_steps=steps, learning_rate=1e-4, packing=packing, max_length=LENGTH, use_cpu=True, bf16=False,
        gradient_checkpointing=False, report_to="none", disable_tqdm=True, save_strategy="no",
        router_aux_loss_coef=0.0,
    )  # fmt: skip
    rows = [
        {
            "input_ids": list(document.tokens),
            "labels": [t if m else -100 for t, m in zip(document.tokens, document.trained, strict=True)],
        }
        for document in documents
    ]
    trainer = SFTTrainer(
        model=load_model(base), args=arguments, train_dataset=Dataset.from_list(rows),
        processing_class=load_tokenizer(base),
    )  # fmt: skip
    return tokens_a_second(trainer, LENGTH * PACKS if packing else mean * arguments.per_device_train_batch_size)


def tokens_a_second(trainer: Any, tokens_a_step: float) -> int:
    clock = Clock()
    trainer.add_callback(clock)
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    rate: int = round(tokens_a_step / statistics.median(clock.seconds))
    return rate


if __name__ == "__main__":
    main()
