"""Judges the completions of a JSON Lines file: `python judge.py completions.jsonl [auto|docker|local]`."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from temper.sandboxes import SandboxSection, open_sandbox
from temper.verifiers import Judge, parse_problem, read_json_lines


def main(path: str, kind: str = "auto") -> None:
    rows = [(parse_problem(row["problem"], where), row["completion"]) for where, row in read_json_lines(Path(path))]
    section = SandboxSection.model_validate({"kind": kind, "slots": 2})
    with closing(open_sandbox(section)) as sandbox, ThreadPoolExecutor(4) as pool:
        judge = Judge(sandbox)
        judgements = [found for (found,) in pool.map(lambda row: judge.judge([row]), rows)]
    for (problem, _), judgement in zip(rows, judgements, strict=True):
        print(f"{problem.id:8} {judgement.outcome:9} {judgement.score}  {judgement.detail}")
    scores = [judgement.score for judgement in judgements if judgement.score is not None]
    print(f"mean {sum(scores) / len(scores):.3f} of {len(scores)} scored")


if __name__ == "__main__":
    main(*sys.argv[1:])
