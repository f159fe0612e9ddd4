"""What filtering problems by a policy's pass rate does to RLVR: two runs a seed, equal but for `pass_rate`.

    python benchmarks/difficulty.py --work DIR [--seeds 0,1,2] [--pass-rate 0.1,0.9]

Of `tiny/instruct`, a seed at a time: base and SFT; `temper data --checkpoint` with the SFT checkpoint, 8 completions a
problem; RLVR and its evaluation on all problems of the file that this writes, then on those within the bounds, with the
same seed, the same steps and no staleness (so that a run repeats to the bit). DIR keeps what is finished: another
`--pass-rate` samples and trains only what it changes. Prints a line a seed and the means: the share of mixed groups
over all steps and over the first ten, the held-out lift (RLVR's score over SFT's), and how many problems stay.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temper.rows.pass_rates import kept

RECIPE = "temper:tiny/instruct"
SAMPLES, EARLY = 8, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", default="0,1,2", type=lambda text: [int(seed) for seed in text.split(",")])
    parser.add_argument("--pass-rate", default=(0.1, 0.9), type=lambda text: tuple(map(float, text.split(","))))
    options = parser.parse_args()
    found = [of_seed(options.work, seed, options.pass_rate) for seed in options.seeds]
    for name in found[0]:
        values = [one[name] for one in found]
        print(f"{name:24} mean {statistics.mean(values):.3f}   " + "  ".join(f"{value:.3f}" for value in values))


def of_seed(work: Path, seed: int, bounds: tuple[float, float]) -> dict[str, float]:
    """What the two runs of a seed came to."""
    temper("run", RECIPE, "--out", work, "--no-audit", "--quiet", *sets(seed, name=f"sft-{seed}", stages=["extend", "sft"]))
    policy = json.loads((work / f"sft-{seed}/summary.json").read_text())["checkpoints"]["sft"]
    data = work / f"data-{seed}"
    if not (data / "card.md").exists():
        temper("data", RECIPE, "--out", data, "--checkpoint", policy, "--samples", SAMPLES, *sets(seed))
    file: dict[str, Any] = {"kind": "file", "path": str((data / "problems.jsonl.gz").resolve())}
    everything = run(work, seed, "everything", file)
    filtered = run(work, seed, "filtered", {**file, "pass_rate": list(bounds)})
    with gzip.open(data / "problems.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    result = {
        **{f"{name}, everything": value for name, value in everything.items()},
        **{f"{name}, filtered": value for name, value in filtered.items()},
        **{f"{name}, difference": filtered[name] - everything[name] for name in everything},
        "problems": len(rows),
        "problems within": sum(kept(row, bounds, "a row") for row in rows),
    }
    print(json.dumps({"seed": seed, "pass_rate": bounds, **{k: round(v, 4) for k, v in result.items()}}), flush=True)
    return result


def run(work: Path, seed: int, name: str, source: dict[str, Any]) -> dict[str, float]:
    """RLVR and its evaluation on these problems: mixed groups and the held-out lift."""
    given = sets(seed, name=f"{name}-{seed}", **{"rlvr.data": [source], "rlvr.max_staleness": 0})
    temper("run", RECIPE, "--out", work, "--no-audit", "--quiet", *given)
    summary = json.loads((work / f"{name}-{seed}/summary.json").read_text())
    steps = Path(summary["checkpoints"]["rlvr"]).parent / "metrics.jsonl"
    mixed = [json.loads(line)["groups/mixed"] for line in steps.read_text().splitlines()]
    scores = {stage: summary["eval"][stage]["score"] for stage in ("sft", "rlvr")}
    return {
        "mixed": statistics.mean(mixed),
        "mixed early": statistics.mean(mixed[:EARLY]),
        "lift": scores["rlvr"] - scores["sft"],
    }


def sets(seed: int, **fields: object) -> list[str]:
    """Fields of the recipe as arguments."""
    return [part for key, value in {"seed": seed, **fields}.items() for part in ("--set", f"{key}={json.dumps(value)}")]


def temper(*arguments: object) -> None:
    """The command, its progress to standard error."""
    command: Sequence[str] = [sys.executable, "-m", "temper.pipeline", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
