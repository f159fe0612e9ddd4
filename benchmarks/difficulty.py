"""What filtering by `pass_rate` is worth: RLVR of a tiny recipe from one SFT checkpoint, with all its problems and with
those that the checkpoint got right in 0.1 to 0.9 of its samples, at equal steps.

    python benchmarks/difficulty.py --work DIR --seed 0      one seed; what DIR holds already is not made again
    python benchmarks/difficulty.py --work DIR --table       the table of all seeds in DIR

The SFT checkpoint is that of seed 0, as the recipe says, and `temper data --checkpoint` samples the problems for all
seeds; then the two runs of a seed, whose base is that checkpoint: nothing but `pass_rate` differs. The problems:
the tiny ones, which are of middling difficulty (nine in ten are kept), and half as many sums of 4 to 6 digits, where
SFT saw at most 3. `mixed`: the mean of `groups/mixed` over all steps. The lifts are of the held-out score on the tiny
problems; their difference is paired by problem.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from temper.pipeline.scoring import read_scores
from temper.rlvr.estimates import paired

RECIPE = "temper:tiny/instruct"
BOUNDS = [0.1, 0.9]
ARMS, SETS = ("all", "filtered"), ("tiny", "sums")
SCORED = {"problems": 1, "samples": 1, "checkpoints": ["rlvr"], "suites": ["held.yaml"]}
HELD_OUT = 400
"""Problems of the held-out score, 4 samples each."""
SUITE = {
    "benchmarks": [
        {
            "name": "generated",
            "data": [{"kind": "generated", "split": "held_out", "rows": HELD_OUT}],
            "samples": 4,
            "temperature": 1.0,
            "max_completion_tokens": 96,
        }
    ]
}
"""The recipe's own held-out score, as a suite: it keeps each problem's scores, so differences are paired."""


def temper(*words: str) -> None:
    start = time.monotonic()
    subprocess.run([str(Path(sys.executable).parent / "temper"), *words], check=True, stdout=subprocess.DEVNULL)
    print(f"temper {words[0]}: {time.monotonic() - start:.0f} s", file=sys.stderr)


def written(path: Path, recipe: dict[str, Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return str(path)


def checkpoint_of(run: Path, stage: str) -> str:
    found: dict[str, str] = json.loads((run / "summary.json").read_text())["checkpoints"]
    return os.path.realpath(found[stage])


def sampled(work: Path, rows: int, samples: int) -> str:
    """Has the problems sampled; returns the checkpoint that answered."""
    written(work / "held.yaml", SUITE)
    shared = {"extends": RECIPE, "sandbox": {"kind": "local"}, "eval": SCORED}
    known = written(work / "before.yaml", {**shared, "name": "before", "stages": ["extend", "sft"]})
    temper("run", known, "--out", str(work / "before"))
    sft = checkpoint_of(work / "before/before", "sft")
    temper("eval", known, "--checkpoint", sft, "--out", str(work / "before"))
    count(work, sft, rows, samples)
    return sft


def count(work: Path, sft: str, rows: int, samples: int) -> None:
    """Samples the problems of both sets, where that is not done."""
    (work / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sums(rows // 2)))
    sources = {
        "tiny": {"kind": "generated", "split": "train", "rows": rows},
        "sums": {"kind": "file", "path": "sums.jsonl"},
    }
    for name in SETS:
        known = {"extends": RECIPE, "sandbox": {"kind": "local"}, "name": name, "rlvr": {"data": [sources[name]]}}
        if not (work / name / "problems.jsonl.gz").is_file():
            recipe = written(work / f"{name}.yaml", known)
            temper("data", recipe, "--out", str(work / name), "--checkpoint", sft, "--samples", str(samples))
    (work / "problems.jsonl.gz").write_bytes(
        b"".join((work / name / "problems.jsonl.gz").read_bytes() for name in SETS)
    )


def sums(rows: int) -> Iterator[dict[str, str]]:
    """Of 4 to 6 digits."""
    draw = random.Random("sums")
    for number in range(rows):
        digits = draw.choice((4, 5, 6))
        a, b = (draw.randrange(10 ** (digits - 1), 10**digits) for _ in "ab")
        yield {"id": f"sum-{number}", "prompt": f"Compute {a} + {b}.", "verifier": "math", "answer": str(a + b)}


def one_seed(work: Path, sft: str, seed: int, steps: int) -> None:
    for arm in ARMS:
        only = {"pass_rate": BOUNDS} if arm == "filtered" else {}
        data = [{"kind": "file", "path": "problems.jsonl.gz", **only}]
        recipe = {
            "extends": RECIPE,
            "name": f"{arm}-{seed}",
            "seed": seed,
            "sandbox": {"kind": "local"},
            "base": {"kind": "folder", "path": sft},
            "stages": ["rlvr", "eval"],
            "rlvr": {"data": data, "steps": steps},
            "eval": SCORED,
        }
        # a folder of its own, so that its scores are those of one checkpoint
        temper("run", written(work / f"{arm}-{seed}.yaml", recipe), "--out", str(work / f"{arm}-{seed}"))


def held_out(run: Path) -> dict[str, float]:
    """Each problem's mean."""
    (scores,) = (run / "scores").glob("generated-*")
    return {name: statistics.fmean(of["scores"]) for name, of in read_scores(scores).items()}


def mixed(run: Path) -> float:
    lines = [json.loads(line) for line in (run / run.name / "metrics.jsonl").read_text().splitlines()]
    return statistics.fmean(line["groups/mixed"] for line in lines if "groups/mixed" in line)


def kept(path: Path) -> str:
    with gzip.open(path, "rt") as lines:
        rates = [of["right"] / of["samples"] for of in (json.loads(line)["metadata"] for line in lines)]
    return f"{sum(BOUNDS[0] <= rate <= BOUNDS[1] for rate in rates)} of {len(rates)}"


def table(work: Path) -> None:
    print("kept:", ", ".join(f"{kept(work / name / 'problems.jsonl.gz')} of {name}" for name in SETS))
    print("seed  mixed, all -> filtered    lift, all          lift, filtered     difference of the lifts")
    before = held_out(work / "before")
    for path in sorted(work.glob("filtered-*.yaml")):
        seed = path.stem.partition("-")[2]
        runs = [work / f"{arm}-{seed}" for arm in ARMS]
        if not all((run / run.name / "summary.json").is_file() for run in runs):
            continue
        (low, high), (every, some) = map(mixed, runs), map(held_out, runs)
        lifts = (paired(every, before), paired(some, before), paired(some, every))
        said = "".join(f"{one.value:+.3f} +- {one.stderr:.3f}   " for one in lifts)
        print(f"{seed:<6}{low:.3f} -> {high:.3f} ({high - low:+.3f})   {said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=16, help="of RLVR, in both runs")
    parser.add_argument("--rows", type=int, default=480, help="tiny problems; half as many sums")
    parser.add_argument("--samples", type=int, default=8, help="completions a problem")
    parser.add_argument("--table", action="store_true", help="print what the folder holds")
    args = parser.parse_args()
    if not args.table:
        one_seed(args.work, sampled(args.work, args.rows, args.samples), args.seed, args.steps)
    table(args.work)


if __name__ == "__main__":
    main()
