"""Mixed verdicts through Ray actors against what their one-core costs allow, and a verifier that never ends among them.

    python benchmarks/verdicts.py --rows 10000 --sandbox docker

Half the rows are math, 30% code (functions called, programs on stdin), the rest choice, instructions, JSON schema and
tool calls, all made from the seed, 40% of the completions wrong. The cost of a kind is the mean over `--sample` of its
rows, judged one after the other in this process, itself and its sandbox held to one core. Costs and actors take turns,
so that both see the same moods of the machine. The goal is 0.9 x rows / (sum of count x cost / workers) a second.
`in_verdicts` is the share of the actors' time inside verdicts: what is missing there is the dispatch, what else is
missing is cores that are not ours alone. Prints one JSON line; exit status 1 where a verdict is not what the completion
was made for, or where the sleeper delayed others.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from temper.pipeline import cluster
from temper.pipeline.judging import RemoteVerifiers, start_verifiers
from temper.pipeline.recipe import ClusterSection
from temper.recipes import tiny
from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Judge, Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Verifier

Row = dict[str, Any]
Texts = tuple[Row, str, str]
"""(row, right completion, wrong completion)"""
Made = tuple[str, Problem, str, float]
"""(kind, problem, completion, the score it was made for)"""
TURNS = 2
"""Of the actors, between which and around which the costs are measured, a part each time."""
SHARES = {
    "math": 0.5, "call": 0.15, "stdio": 0.15, "choice": 0.05, "instructions": 0.05, "json_schema": 0.05,
    "tool_calls": 0.05,
}  # fmt: skip
WRONG_SHARE = 0.4
VERDICT_S = 5.0
"""Limit of the sleeper's verdict."""


class Stamps(Verifier):
    """Scores 1 at the time in its detail, or sleeps for ever."""

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        if completion == "sleep":
            time.sleep(1e9)
        time.sleep(0.001)
        return scored(1.0, f"{time.time()} {os.getpid()}")


def math(rng: random.Random) -> Texts:
    """A worked solution whose final number, fraction or decimal is the answer, or is off by one."""
    value, unit = rng.randrange(2, 5000), rng.choice((1, 1, 1, 3, 7, 100))
    right, wrong = (str(v) if unit == 1 else f"\\frac{{{v}}}{{{unit}}}" for v in (value, value + 1))
    text = f"Each of the {unit} parts gives {value}/{unit} = <<{value}/{unit}>>.\nSo the total is \\boxed{{%s}}."
    return {"verifier": "math", "answer": right}, text % right, text % wrong


def stdio(rng: random.Random) -> Texts:
    add, cases = rng.randrange(1, 99), [[rng.randrange(1000) for _ in range(rng.randrange(2, 9))] for _ in range(3)]
    tests = {
        "kind": "stdio",
        "cases": [{"input": " ".join(map(str, case)), "output": f"{sum(case) + add}\n"} for case in cases],
    }
    program = "```python\nnumbers = map(int, input().split())\nprint(sum(numbers) + %d)\n```"
    return {"verifier": "code", "params": {"tests": tests}}, program % add, program % (add + 1)


def call(functions: Iterator[Row]) -> Texts:
    row = next(functions)
    solution = row["params"]["solution"]
    return row, f"```python\n{solution}\n```", f"```python\n{solution} + 1\n```"


def choice(rng: random.Random) -> Texts:
    right, wrong = rng.sample("ABCD", 2)
    return {"verifier": "choice", "answer": right}, f"It is late. The answer is ({right}).", f"Answer: {wrong}"


def instructions(rng: random.Random) -> Texts:
    least = rng.randrange(20, 80)
    asked = [
        {"id": "length_constraints:number_words", "kwargs": {"relation": "at least", "num_words": least}},
        {"id": "punctuation:no_comma", "kwargs": {}},
    ]
    text = " ".join(["word"] * least) + "."
    return {"verifier": "instructions", "params": {"instructions": asked}}, text, f"{text}, and more"


def json_schema(rng: random.Random) -> Texts:
    properties = {"name": {"type": "string"}, "ages": {"type": "array", "items": {"type": "integer"}, "maxItems": 9}}
    schema = {"type": "object", "properties": properties, "required": ["name", "ages"], "additionalProperties": False}
    value = {"name": "Ada", "ages": [rng.randrange(99) for _ in range(9)]}
    row = {"verifier": "json_schema", "params": {"schema": schema}}
    return row, f"```json\n{json.dumps(value)}\n```", json.dumps({**value, "more": 1})


def tool_calls(rng: random.Random) -> Texts:
    asked = {"name": "move", "arguments": {"x": rng.randrange(99), "y": rng.random(), "how": "fast"}}
    text = "<tool_call>\n%s\n</tool_call>"
    wrong = {**asked, "arguments": {**asked["arguments"], "x": -1}}
    return {"verifier": "tool_calls", "answer": [asked]}, text % json.dumps(asked), text % json.dumps(wrong)


def make(rows: int, seed: int) -> list[Made]:
    rng = random.Random(seed)
    makers: dict[str, Callable[[random.Random], Texts]] = {
        "math": math, "stdio": stdio, "choice": choice, "instructions": instructions, "json_schema": json_schema,
        "tool_calls": tool_calls,
    }  # fmt: skip
    functions = (row for row in tiny.problems("train", rows, seed) if row["verifier"] == "code")
    made = []
    for kind, share in SHARES.items():
        for i in range(round(rows * share)):
            row, right, wrong = call(functions) if kind == "call" else makers[kind](rng)
            problem = parse_problem({"prompt": "?", **row, "id": f"{kind}-{i}"}, kind)
            score = float(rng.random() >= WRONG_SHARE)
            made.append((kind, problem, right if score else wrong, score))
    rng.shuffle(made)
    return made


class OneCore:
    """A sandbox and the thread that made it, for what a verdict costs where both have one core."""

    def __init__(self, section: SandboxSection) -> None:
        self.cores = os.sched_getaffinity(0)
        self.seconds, self.judged = Counter[str](), Counter[str]()
        with self._held():
            self.sandbox = open_sandbox(section, tell=lambda line: None)
        self.judge = Judge(self.sandbox)

    @contextmanager
    def _held(self) -> Iterator[None]:
        os.sched_setaffinity(0, {min(self.cores)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.cores)

    def measure(self, made: Sequence[Made], sample: int) -> None:
        for kind in SHARES:
            items = [(problem, text) for of, problem, text, _ in made if of == kind][:sample]
            with self._held():
                self.judge.judge(items[:5])  # what is loaded at the first verdict
                start = time.perf_counter()
                self.judge.judge(items)
            self.seconds[kind] += time.perf_counter() - start
            self.judged[kind] += len(items)

    def costs(self) -> dict[str, float]:
        """Seconds a verdict of each kind."""
        return {kind: self.seconds[kind] / self.judged[kind] for kind in SHARES}


def sleeper(verifiers: RemoteVerifiers, workers: int) -> dict[str, Any]:
    """One verdict without end among 1,000 of a millisecond: when the others had theirs, when its process was back."""
    problem = Problem(id="p", prompt="?", verifier="verdicts:Stamps")

    def judge(texts: Sequence[str]) -> tuple[float, set[str], list[Judgement]]:
        judgements = verifiers.judge([(problem, text) for text in texts])
        stamps = [j.verdict.detail.split() for j in judgements if j.verdict]
        return max(float(at) for at, _ in stamps), {pid for _, pid in stamps}, judgements

    judge(["go"] * 100)
    start = time.time()
    alone = judge(["go"] * 1000)[0] - start
    start = time.time()
    last, before, judgements = judge(["go"] * 500 + ["sleep"] + ["go"] * 500)
    late = time.time()
    while len(pids := judge(["go"] * 50)[1]) < workers:
        pass
    return {
        "others_s": round(last - start, 2),
        "others_alone_s": round(alone, 2),
        "error": judgements[500].error,
        "back_s": round(time.time() - late, 2),
        "new_processes": len(pids - before),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, default=150, help="rows of each kind whose cost is measured, each time")
    parser.add_argument("--sandbox", choices=("docker", "local"), default="docker")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    section = SandboxSection(kind=options.sandbox, slots=1)
    made = make(options.rows, options.seed)
    one_core, seconds, judgements = OneCore(section), 0.0, list[Judgement]()
    cluster.start(None, [Path(__file__).parent], {})
    cluster_section = ClusterSection(verifiers=options.workers, verdict_s=VERDICT_S)
    verifiers = start_verifiers(section, cluster_section, Plugins(("verdicts",)))
    try:
        verifiers.judge([(problem, text) for _, problem, text, _ in made[: options.rows // 10]])
        for turn in range(TURNS):
            part = made[turn * len(made) // TURNS : (turn + 1) * len(made) // TURNS]
            one_core.measure(part, options.sample)
            start = time.perf_counter()
            judgements += verifiers.judge([(problem, text) for _, problem, text, _ in part])
            seconds += time.perf_counter() - start
        one_core.measure(made, options.sample)
        slept = sleeper(verifiers, options.workers)
    finally:
        verifiers.close()
        cluster.stop()
        one_core.sandbox.close()
    costs = one_core.costs()
    ideal = sum(costs[kind] for kind, *_ in made) / options.workers
    scores = [judgement.verdict.score if judgement.verdict else None for judgement in judgements]
    wrong = [p.id for (_, p, _, wanted), got in zip(made, scores, strict=True) if got != wanted]
    report = {
        "rows": len(made),
        "sandbox": options.sandbox,
        "workers": options.workers,
        "one_core_ms": {kind: round(cost * 1000, 3) for kind, cost in costs.items()},
        "verdicts_a_second": round(len(made) / seconds),
        "of_ideal": round(ideal / seconds, 3),
        "in_verdicts": round(sum(judgement.seconds for judgement in judgements) / options.workers / seconds, 3),
        "unexpected": wrong[:10],
        "sleeper": slept,
    }
    print(json.dumps(report))
    return 1 if wrong or slept["others_s"] > VERDICT_S / 2 else 0


if __name__ == "__main__":
    sys.exit(main())
