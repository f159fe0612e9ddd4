"""How often held-out problems are found in training rows that hold them, and how often in others.

    python benchmarks/overlap.py ../shared/data

GSM8K's test set against GSM-Plus, which is made of it (a problem is a true find where a row names it as its seed),
against itself with a sentence behind it, and against GSM8K's training set, which holds none.
"""

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

from temper.pipeline.overlap import Cover
from temper.rows import gsm8k
from temper.verifiers.problem import Problem
from temper.verifiers.rows import read_json_lines

BEHIND = " Give your answer as a number and explain every step of your working."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    data = options.parse_args().data
    test = [gsm8k.problem(row) for _, row in read_json_lines(data / "gsm8k_test.jsonl.gz")]
    train = [row["question"] for _, row in read_json_lines(data / "gsm8k_train.jsonl.gz")]
    plus = [row for _, row in read_json_lines(next((data / "evals").glob("gsmplus*")))]
    seeds = {row["seed_question"] for row in plus}
    true = {row["id"] for row in test if row["prompt"] in seeds}
    cover = Cover(("test", Problem.model_validate(row)) for row in test)
    found = finds(cover, (row["question"] for row in plus))
    print(f"GSM8K test in GSM-Plus: {len(found & true)} of {len(true)} seeds, {len(found - true)} others")
    print(f"with a sentence behind: {len(finds(cover, (row['prompt'] + BEHIND for row in test)))} of {len(test)}")
    start = time.perf_counter()
    found = finds(cover, train)
    print(f"in GSM8K's training set: {len(found)}; {len(train)} x {len(test)} in {time.perf_counter() - start:.2f} s")
    for name in sorted(found):
        print("   ", next(row["prompt"] for row in test if row["id"] == name)[:160])


def finds(cover: Cover, texts: Iterable[str]) -> set[str]:
    return {found.id for text in texts for found in cover.overlaps([text])}


if __name__ == "__main__":
    main()
