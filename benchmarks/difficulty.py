"""What filtering problems by a policy's pass rate does to RLVR: two runs a seed, equal but for `pass_rate`.

    python benchmarks/difficulty.py --work DIR [--policy FOLDER] [--seeds 0,1,2] [--pass-rate 0.1,0.9] [--steps 12]

Of `tiny/instruct`: the recipe's line up to its RLVR checkpoint (or `--policy`), for which most problems are too easy;
`temper data --checkpoint` with it on problems that it has not seen, 8 completions each; then for each seed RLVR goes on
from that checkpoint on all of these problems, and on those within the bounds, with equal steps and no staleness (so
that a run repeats to the bit), and both are evaluated on the held-out problems. DIR keeps what is finished: other
bounds sample nothing again. Prints a line a seed and the means: the share of mixed groups over all steps, the held-out
lift (over the score of the checkpoint), and how many problems stay.
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
SAMPLES, SEEN = 8, 2000
"""Completions a problem; problems that the recipe trains on, which come before those taken here."""
EVAL = {"problems": 250, "samples": 2}
Fields = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", default=(0, 1, 2), type=lambda text: tuple(map(int, text.split(","))))
    parser.add_argument("--pass-rate", default=(0.1, 0.9), type=lambda text: tuple(map(float, text.split(","))))
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--policy", type=Path, help="its checkpoint; made when absent")
    options = parser.parse_args()
    work, bounds = options.work, options.pass_rate
    policy = options.policy.resolve() if options.policy else trained(work)
    rows = counted(work, policy, options.rows)
    trained_on(work, policy, options.seeds, bounds, options.steps)
    before = score(work, "before", "base")
    within = sum(kept(row, bounds, "a row") for row in rows)
    print(f"pass_rate {list(bounds)}: {within} of {len(rows)} problems stay; held out, before RLVR: {before:.3f}")
    found = [of_seed(work, seed, before) for seed in options.seeds]
    for name in found[0]:
        values = [one[name] for one in found]
        print(f"{name:20} mean {statistics.mean(values):.3f}   " + "  ".join(f"{value:.3f}" for value in values))


def trained(work: Path) -> Path:
    """The recipe's RLVR checkpoint."""
    words = ["--set", "name=policy", "--set", "stages=[extend, sft, rlvr]"]
    temper("run", RECIPE, "--out", work, "--no-audit", "--quiet", *words)
    return Path(json.loads((work / "policy/summary.json").read_text())["checkpoints"]["rlvr"]).resolve()


def counted(work: Path, policy: Path, rows: int) -> list[Fields]:
    """The problems with the counts of the policy; sampled where they are not there yet."""
    if not (work / "data/card.md").exists():
        source = {"kind": "generated", "split": "train", "rows": rows, "skip": SEEN}
        words = ["--samples", SAMPLES, "--set", f"rlvr.data={json.dumps([source])}"]
        temper("data", written(work, "counted", {}), "--out", work / "data", "--checkpoint", policy, *words)
    with gzip.open(work / "data/problems.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def trained_on(work: Path, policy: Path, seeds: Sequence[int], bounds: tuple[float, float], steps: int) -> None:
    """Runs what has not run: the policy's evaluation, and two recipes a seed, in one command and cluster."""
    base = {"kind": "folder", "path": str(policy)}
    file: Fields = {"kind": "file", "path": str((work / "data/problems.jsonl.gz").resolve())}
    made = [written(work, "before", {"base": base, "stages": ["eval"], "eval": {**EVAL, "checkpoints": ["base"]}})]
    for seed in seeds:
        for name, source in (("everything", file), ("within", {**file, "pass_rate": list(bounds)})):
            section = {"data": [source], "max_staleness": 0, "steps": steps}
            fields = {"seed": seed, "base": base, "stages": ["rlvr", "eval"], "rlvr": section}
            made.append(written(work, f"{name}-{seed}", {**fields, "eval": {**EVAL, "checkpoints": ["rlvr"]}}))
    temper("run", *made, "--out", work, "--no-audit", "--quiet")


def written(work: Path, name: str, fields: Fields) -> Path:
    """A recipe's file."""
    path = work / "recipes" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"extends": RECIPE, "name": name, **fields}))
    return path


def of_seed(work: Path, seed: int, before: float) -> dict[str, float]:
    """What the two runs of a seed came to."""
    result: dict[str, float] = {}
    for name in ("everything", "within"):
        summary = json.loads((work / f"{name}-{seed}/summary.json").read_text())
        steps = (Path(summary["checkpoints"]["rlvr"]).parent / "metrics.jsonl").read_text().splitlines()
        result[f"mixed, {name}"] = statistics.mean(json.loads(line)["groups/mixed"] for line in steps)
        result[f"lift, {name}"] = score(work, f"{name}-{seed}", "rlvr") - before
    for of in ("mixed", "lift"):
        result[f"{of}, difference"] = result[f"{of}, within"] - result[f"{of}, everything"]
    print(json.dumps({"seed": seed, **{key: round(value, 4) for key, value in result.items()}}), flush=True)
    return result


def score(work: Path, name: str, checkpoint: str) -> float:
    """On the held-out problems."""
    return float(json.loads((work / name / "summary.json").read_text())["eval"][checkpoint]["score"])


def temper(*arguments: object) -> None:
    """The command, its progress to standard error."""
    subprocess.run([sys.executable, "-m", "temper.pipeline", *map(str, arguments)], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
