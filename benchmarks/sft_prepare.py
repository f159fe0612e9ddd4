"""Seconds to prepare a million tokens of examples: read, adapt, render, tokenize, mask, pack, write.

    python benchmarks/sft_prepare.py [--gsm8k FILE] [--vocabulary 8000] [--shards 1 2 4]

The tokenizer is a byte-level BPE trained on the text itself: larger vocabularies make fewer tokens of a row, so more
rows of a million tokens. Prints a JSON line for each number of shards: one works in this process, more are actors on a
cluster of this machine; `started_s` is how long those took to be there, which no other figure holds. `packs_sha256` is
of the packs' file. `found_again_s` is the same stage with another learning rate.
"""

import argparse
import hashlib
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}

from temper.pipeline import cluster
from temper.pipeline.ledger import Ledger, PlannedStage
from temper.pipeline.packs import asked, prepare, prepared_packs
from temper.pipeline.sources import rows
from temper.policy.chat import dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.section import ScheduleSection
from temper.policy.sources import FileRows, GeneratedRows
from temper.policy.tiny import build_tokenizer
from temper.sft.packing import PACKS_FILE
from temper.sft.section import SftSection
from temper.sft.shard import Block, Shard

PACK_TOKENS = 4096


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gsm8k", type=Path)
    parser.add_argument("--vocabulary", type=int, default=8000)
    parser.add_argument("--shards", type=int, nargs="+", default=[1])
    options = parser.parse_args()
    data = FileRows(path=str(options.gsm8k), map="gsm8k") if options.gsm8k else GeneratedRows(rows=12_000)
    if max(options.shards) > 1:
        cluster.start(None, [], {})
    with tempfile.TemporaryDirectory() as name:
        base = Path(name) / "base"
        lines = [turn["content"] for _, row in rows(data, "examples") for turn in row["messages"]]
        build_tokenizer(lines, options.vocabulary).save_pretrained(base)
        for number in options.shards:
            print(json.dumps(measured(number, data, base, Path(name) / f"by-{number}")), flush=True)
        ledger = Ledger(Path(name) / "out")
        found_again(ledger, data, base, 1e-3)
        wall = time.perf_counter()
        found_again(ledger, data, base, 1e-4)
        print(json.dumps({"found_again_s": round(time.perf_counter() - wall, 2)}))
    cluster.stop()


def measured(number: int, data: FileRows | GeneratedRows, base: Path, out: Path) -> dict[str, Any]:
    """The packs of `data` by so many shards, all of them there before the clock starts."""
    tokenizer = dress(load_tokenizer(base), "thinking")
    began = time.perf_counter()
    with asked(number, partial(Shard, tokenizer, section(data, 1e-3), "thinking", 0)) as shards:
        for answer in [ask(Block(0, ())) for ask in shards]:
            answer()
        wall, cpu = time.perf_counter(), time.process_time()
        counts = prepare(shards, section(data, 1e-3), 0, tokenizer.pad_token_id, out)
        seconds, busy = time.perf_counter() - wall, time.process_time() - cpu
    tokens = int(str(counts["tokens"]))
    return {
        "shards": number,
        **counts,
        "fill": round(tokens / (int(str(counts["packs"])) * PACK_TOKENS), 4),
        "s_per_million_tokens": round(seconds / tokens * 1e6, 2),
        "cpu_s_here_per_million_tokens": round(busy / tokens * 1e6, 2),
        "started_s": round(wall - began, 1),
        "packs_sha256": hashlib.sha256((out / PACKS_FILE).read_bytes()).hexdigest(),
    }


def section(data: FileRows | GeneratedRows, learning_rate: float) -> SftSection:
    schedule = ScheduleSection(learning_rate=learning_rate)
    return SftSection(data=(data,), pack_tokens=PACK_TOKENS, packs_per_step=1, steps=1, schedule=schedule)


def found_again(ledger: Ledger, data: FileRows | GeneratedRows, base: Path, learning_rate: float) -> None:
    stage = PlannedStage("sft", "benchmark", None)
    prepared_packs(ledger, stage, section(data, learning_rate), "thinking", 0, base)


if __name__ == "__main__":
    main()
