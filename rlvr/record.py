"""Rollouts on disk: one Parquet file a step, every prompt, completion, verdict, reward, advantage and version.

Columns that may hold several types are JSON text. A file is written under a temporary name and renamed, so a step's
rollouts are there whole or not at all; a step that runs again after a kill writes the same file again.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from temper.rlvr.rollout import Group, Rollout


def write_rollouts(path: Path, step: int, groups: Sequence[Group]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [_columns(step, rollout) for group in groups for rollout in group.rollouts]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    pq.write_table(pa.Table.from_pylist(rows), temporary)
    temporary.rename(path)


def _columns(step: int, rollout: Rollout) -> dict[str, object]:
    problem, done, verdict = rollout.problem, rollout.completion, rollout.verdict
    return {
        "step": step,
        "problem_id": problem.id,
        "prompt": json.dumps(problem.messages()),
        "completion": done.text,
        "tokens": len(done.tokens),
        "stop_reason": done.stop_reason,
        "policy_version": done.policy_version,
        "verifier": json.dumps(problem.verifier),
        "outcome": "error" if verdict is None else verdict.outcome,
        "score": rollout.score,
        "detail": rollout.error or (verdict.detail if verdict else ""),
        "parts": json.dumps(verdict.parts if verdict else {}),
        "reward": rollout.reward,
        "advantage": rollout.advantage,
        "in_loss": rollout.in_loss,
        "verify_s": rollout.seconds,
    }
