"""What filtering problems by a policy's pass rate does to RLVR: two runs a seed, equal but for `pass_rate`.

    python benchmarks/difficulty.py --work DIR [--seeds 0,1,2] [--pass-rate 0.1,0.5]

Of `tiny/instruct`: base and SFT once; `temper data --checkpoint` with the SFT checkpoint, 8 completions a problem,
once; then for each seed RLVR from that checkpoint on all problems of the file that this writes, and on those within
the bounds, with equal steps and no staleness (so that a run repeats to the bit), and both evaluated on the held-out
problems. DIR keeps what is finished: another `--pass-rate` samples nothing again. Prints a line a seed and the means:
the share of mixed groups over all steps and over the first ten, the held-out lift (RLVR's score over that of the SFT
checkpoint), and how many problems stay.
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
SIZES = {"rlvr.steps": 24, "rlvr.max_staleness": 0, "eval.samples": 2}
"""Of every run; the rest is the recipe's."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", default=(0, 1, 2), type=lambda text: tuple(map(int, text.split(","))))
    parser.add_argument("--pass-rate", default=(0.1, 0.5), type=lambda text: tuple(map(float, text.split(","))))
    options = parser.parse_args()
    work, bounds = options.work, options.pass_rate
    policy, before = trained(work)
    rows = counted(work, policy)
    within = sum(kept(row, bounds, "a row") for row in rows)
    print(f"pass_rate {list(bounds)}: {within} of {len(rows)} problems stay; held out, before RLVR: {before:.3f}")
    found = [of_seed(work, seed, policy, bounds, before) for seed in options.seeds]
    for name in found[0]:
        values = [one[name] for one in found]
        print(f"{name:24} mean {statistics.mean(values):.3f}   " + "  ".join(f"{value:.3f}" for value in values))


def trained(work: Path) -> tuple[Path, float]:
    """The SFT checkpoint, and its score on the held-out problems."""
    temper("run", RECIPE, "--out", work, "--no-audit", "--quiet", *sets(name="policy", stages=["extend", "sft"]))
    policy = Path(json.loads((work / "policy/summary.json").read_text())["checkpoints"]["sft"])
    alone = {
        "base": {"kind": "folder", "path": str(policy.resolve())},
        "stages": ["eval"],
        "eval.checkpoints": ["base"],
    }
    temper("run", RECIPE, "--out", work, "--no-audit", "--quiet", *sets(name="before", **SIZES, **alone))
    return policy, json.loads((work / "before/summary.json").read_text())["eval"]["base"]["score"]


def counted(work: Path, policy: Path) -> list[dict[str, Any]]:
    """The problems with the counts of the policy; sampled where they are not there yet."""
    if not (work / "data-0/card.md").exists():
        temper("data", RECIPE, "--out", work / "data-0", "--checkpoint", policy, "--samples", SAMPLES, *sets(seed=0))
    with gzip.open(work / "data-0/problems.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def of_seed(work: Path, seed: int, policy: Path, bounds: tuple[float, float], before: float) -> dict[str, float]:
    """What the two runs of a seed came to."""
    file: dict[str, Any] = {"kind": "file", "path": str((work / "data-0/problems.jsonl.gz").resolve())}
    everything = run(work, f"everything-{seed}", seed, policy, file, before)
    low, high = bounds
    filtered = run(work, f"within-{low:g}-{high:g}-{seed}", seed, policy, {**file, "pass_rate": list(bounds)}, before)
    result = {
        **{f"{name}, everything": value for name, value in everything.items()},
        **{f"{name}, filtered": value for name, value in filtered.items()},
        **{f"{name}, difference": filtered[name] - everything[name] for name in everything},
    }
    print(json.dumps({"seed": seed, **{key: round(value, 4) for key, value in result.items()}}), flush=True)
    return result


def run(work: Path, name: str, seed: int, policy: Path, source: dict[str, Any], before: float) -> dict[str, float]:
    """RLVR and its evaluation on these problems: mixed groups and the held-out lift."""
    given = {
        "base": {"kind": "folder", "path": str(policy.resolve())}, "stages": ["rlvr", "eval"], "rlvr.data": [source],
        "eval.checkpoints": ["rlvr"],
    }  # fmt: skip
    temper("run", RECIPE, "--out", work, "--no-audit", "--quiet", *sets(name=name, seed=seed, **SIZES, **given))
    summary = json.loads((work / name / "summary.json").read_text())
    steps = Path(summary["checkpoints"]["rlvr"]).parent / "metrics.jsonl"
    mixed = [json.loads(line)["groups/mixed"] for line in steps.read_text().splitlines()]
    return {
        "mixed": statistics.mean(mixed),
        "mixed early": statistics.mean(mixed[:EARLY]),
        "lift": summary["eval"]["rlvr"]["score"] - before,
    }


def sets(**fields: object) -> list[str]:
    """Fields of the recipe as arguments."""
    return [part for key, value in fields.items() for part in ("--set", f"{key}={json.dumps(value)}")]


def temper(*arguments: object) -> None:
    """The command, its progress to standard error."""
    command: Sequence[str] = [sys.executable, "-m", "temper.pipeline", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
