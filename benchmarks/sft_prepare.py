"""Seconds to prepare a million tokens of examples on one core: read, adapt, render, tokenize, mask, pack, write.

    python benchmarks/sft_prepare.py [--gsm8k FILE] [--vocabulary 8000]

The tokenizer is a byte-level BPE trained on the text itself: larger vocabularies make fewer tokens of a row, so more
rows of a million tokens. Prints one JSON line; `found_again_s` is the same stage with another learning rate.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}

from temper.pipeline.ledger import Ledger, PlannedStage
from temper.pipeline.packs import prepared_packs
from temper.pipeline.sources import rows
from temper.policy.section import ScheduleSection
from temper.policy.sources import FileRows, GeneratedRows
from temper.policy.tiny import build_tokenizer
from temper.sft.section import SftSection

PACK_TOKENS = 4096


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gsm8k", type=Path)
    parser.add_argument("--vocabulary", type=int, default=8000)
    options = parser.parse_args()
    data = FileRows(path=str(options.gsm8k), map="gsm8k") if options.gsm8k else GeneratedRows(rows=12_000)
    with tempfile.TemporaryDirectory() as name:
        base, ledger = Path(name) / "base", Ledger(Path(name) / "out")
        lines = [turn["content"] for _, row in rows(data, "examples") for turn in row["messages"]]
        build_tokenizer(lines, options.vocabulary).save_pretrained(base)
        result: dict[str, Any] = {"data": "gsm8k" if options.gsm8k else "generated", "pack_tokens": PACK_TOKENS}
        wall, cpu = time.perf_counter(), time.process_time()
        _, counts = prepare(ledger, data, base, 1e-3)
        seconds, busy = time.perf_counter() - wall, time.process_time() - cpu
        wall = time.perf_counter()
        prepare(ledger, data, base, 1e-4)
    tokens = counts["tokens"]
    result |= counts | {
        "fill": round(tokens / (counts["packs"] * PACK_TOKENS), 4),
        "s_per_million_tokens": round(seconds / tokens * 1e6, 2),
        "cpu_s_per_million_tokens": round(busy / tokens * 1e6, 2),
        "found_again_s": round(time.perf_counter() - wall, 2),
    }
    print(json.dumps(result))


def prepare(
    ledger: Ledger, data: FileRows | GeneratedRows, base: Path, learning_rate: float
) -> tuple[Path, dict[str, Any]]:
    schedule = ScheduleSection(learning_rate=learning_rate)
    section = SftSection(data=(data,), pack_tokens=PACK_TOKENS, packs_per_step=1, steps=1, schedule=schedule)
    stage = PlannedStage("sft", "benchmark", None)
    return prepared_packs(ledger, stage, section, "thinking", 0, base)


if __name__ == "__main__":
    main()
