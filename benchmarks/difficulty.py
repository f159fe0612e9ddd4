"""What filtering by `pass_rate` is worth: RLVR of a tiny recipe from one SFT checkpoint, with all its problems and with
those that the checkpoint got right in 0.1 to 0.9 of its samples, at equal steps.

    python benchmarks/difficulty.py --work DIR --seed 0      one seed; what DIR holds already is not made again
    python benchmarks/difficulty.py --work DIR --table       the table of all seeds in DIR

Of each seed: SFT as the recipe says, on the base of seed 0; `temper data --checkpoint` samples the problems; then the
two runs, whose base is that checkpoint, so that nothing but `pass_rate` differs. `mixed`: the mean of `groups/mixed`
over all steps. The lifts are of the held-out score, on the same problems; their difference is paired by problem.
"""

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from temper.pipeline.scoring import read_scores
from temper.rlvr.estimates import paired

RECIPE = "temper:tiny/instruct"
BOUNDS = [0.1, 0.9]
ARMS = ("all", "filtered")
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


def one_seed(work: Path, seed: int, steps: int, rows: int, samples: int) -> None:
    folder = work / f"seed{seed}"
    written(folder / "held.yaml", SUITE)
    shared = {"extends": RECIPE, "seed": seed, "sandbox": {"kind": "local"}}
    # a folder of its own for each, so that its scores are those of one checkpoint
    scored = {"problems": 1, "samples": 1, "checkpoints": ["rlvr"], "suites": ["held.yaml"]}
    made = {"rlvr": {"data": [{"kind": "generated", "split": "train", "rows": rows}]}}
    first = {**shared, **made, "name": "first", "seed": 0, "stages": ["extend"]}
    temper("run", written(folder / "first.yaml", first), "--out", str(work / "base"))
    base = {"kind": "folder", "path": checkpoint_of(work / "base/first", "extend")}
    before = {**shared, **made, "name": "before", "base": base, "stages": ["sft"], "eval": scored}
    known = written(folder / "before.yaml", before)
    temper("run", known, "--out", str(folder / "before"))
    sft = checkpoint_of(folder / "before/before", "sft")
    temper("eval", known, "--checkpoint", sft, "--out", str(folder / "before"))
    if not (folder / "data/problems.jsonl.gz").is_file():
        sampling = written(folder / "data.yaml", {**shared, **made, "name": "data"})
        temper("data", sampling, "--out", str(folder / "data"), "--checkpoint", sft, "--samples", str(samples))
    for arm in ARMS:
        source: dict[str, Any] = {"kind": "file", "path": "data/problems.jsonl.gz"}
        if arm == "filtered":
            source["pass_rate"] = BOUNDS
        recipe = {
            **shared,
            "name": arm,
            "base": {"kind": "folder", "path": sft},
            "stages": ["rlvr", "eval"],
            "rlvr": {"data": [source], "steps": steps},
            "eval": scored,
        }
        temper("run", written(folder / f"{arm}.yaml", recipe), "--out", str(folder / arm))


def held_out(folder: Path, arm: str) -> dict[str, float]:
    """Each problem's mean."""
    (scores,) = (folder / arm / "scores").glob("generated-*")
    return {name: statistics.fmean(of["scores"]) for name, of in read_scores(scores).items()}


def mixed(folder: Path, arm: str) -> float:
    lines = [json.loads(line) for line in (folder / arm / arm / "metrics.jsonl").read_text().splitlines()]
    return statistics.fmean(line["groups/mixed"] for line in lines if "groups/mixed" in line)


def kept(folder: Path) -> str:
    with gzip.open(folder / "data/problems.jsonl.gz", "rt") as lines:
        rates = [of["right"] / of["samples"] for of in (json.loads(line)["metadata"] for line in lines)]
    return f"{sum(BOUNDS[0] <= rate <= BOUNDS[1] for rate in rates)} of {len(rates)}"


def table(work: Path) -> None:
    print("seed  kept          mixed, all -> filtered    lift, all          lift, filtered     difference of the lifts")
    for folder in sorted(work.glob("seed*")):
        before, every, some = (held_out(folder, arm) for arm in ("before", *ARMS))
        of_all, of_some, between = paired(every, before), paired(some, before), paired(some, every)
        low, high = (mixed(folder, arm) for arm in ARMS)
        print(
            f"{folder.name[4:]:<6}{kept(folder):<14}{low:.3f} -> {high:.3f} ({high - low:+.3f})       "
            + "".join(f"{one.value:+.3f} +- {one.stderr:.3f}   " for one in (of_all, of_some, between))
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=16, help="of RLVR, in both runs")
    parser.add_argument("--rows", type=int, default=480, help="problems sampled")
    parser.add_argument("--samples", type=int, default=8, help="completions a problem")
    parser.add_argument("--table", action="store_true", help="print what the folder holds")
    args = parser.parse_args()
    if not args.table:
        one_seed(args.work, args.seed, args.steps, args.rows, args.samples)
    table(args.work)


if __name__ == "__main__":
    main()
