"""How often held-out problems and repeats are found in training rows, and how often in rows that hold none.

    python benchmarks/overlap.py ../shared/data

GSM8K's test set against GSM-Plus, which is made of it (a problem is a true find where a row names it as its seed),
against itself with a sentence behind it, and against GSM8K's training set, which holds none. Repeats: 5,000 prompts of
the training set and 900 copies with edits, compared two by two as the truth; then 100,000 made texts of 1 kB.
"""

import argparse
import random
import resource
import time
from collections.abc import Iterable
from pathlib import Path

from temper.pipeline.overlap import Cover, words
from temper.pipeline.repeats import NEAR, RUN, repeats
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
    near_repeats(train[:5000], random.Random(0))
    many(100_000, random.Random(0))


def near_repeats(prompts: list[str], draw: random.Random) -> None:
    """Copies with one to three edits; a pair is true where the sets of runs, compared directly, are near."""
    copies = [(draw.randrange(len(prompts)), draw.randint(1, 3)) for _ in range(900)]
    texts = prompts + [edited(prompts[place], edits, draw) for place, edits in copies]
    found = repeats(texts)
    true = {len(prompts) + n for n, (of, _) in enumerate(copies) if alike(texts[len(prompts) + n], texts[of]) >= NEAR}
    others = [place for place, repeat in found.items() if alike(texts[place], texts[repeat.of]) < NEAR]
    print(f"planted repeats: {len(true & found.keys())} of {len(true)} found; {len(others)} that are none")


def edited(text: str, edits: int, draw: random.Random) -> str:
    said = text.split()
    for _ in range(edits):
        said[draw.randrange(len(said))] = draw.choice(("seven", "Maria", "twice", "blue"))
    return " ".join(said)


def alike(one: str, other: str) -> float:
    a, b = ({said[i : i + RUN] for i in range(max(1, len(said) - RUN + 1))} for said in map(words, (one, other)))
    return len(a & b) / len(a | b)


def many(count: int, draw: random.Random) -> None:
    known = [f"word{number}" for number in range(20_000)]
    texts = [" ".join(draw.choices(known, k=110)) for _ in range(count)]
    planted = draw.sample(range(count // 2, count), count // 100)
    for place in planted:
        texts[place] = f"{texts[place - count // 2]} and more"
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = repeats(texts)
    after = resource.getrusage(resource.RUSAGE_SELF)
    size, seconds = sum(map(len, texts)) / count, after.ru_utime - before.ru_utime
    exact = "all" if found.keys() == set(planted) else f"{len(found)}"
    print(
        f"{count:,} texts of {size:.0f} characters: {exact} of {len(planted)} repeats in {seconds:.0f} CPU s,", end=" "
    )
    print(f"{after.ru_maxrss / 1e6:.2f} GB at most")


def finds(cover: Cover, texts: Iterable[str]) -> set[str]:
    return {found.id for text in texts for found in cover.overlaps([text])}


if __name__ == "__main__":
    main()
