"""Rollouts on disk: one Parquet file a step, every prompt, completion, verdict, reward, advantage and version.

Columns that may hold several types are JSON text. What belongs to the problem is there with every rollout, tests
included, so that a run can be rescored without its data; the file holds each text once. A file is written under a
temporary name and renamed, so a step's rollouts are there whole or not at all; a step that runs again after a kill
writes the same file again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from temper.policy.atomic import put_in_place
from temper.rlvr.rollout import Group, Rollout, Turn
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Answered, Exchange, Exchanges
from temper.verifiers.shown import encodable

PROBLEM_COLUMNS = ("prompt", "tools", "session", "verifier", "answer", "params", "metadata")
"""JSON text; the prompt as messages."""
DICTIONARY_BYTES = 1 << 30
"""Room for the different texts of a column; over it they would be written again with every rollout."""
READ_ROWS = 64


def write_rollouts(path: Path, step: int, groups: Sequence[Group]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [_columns(step, rollout) for group in groups for rollout in group.rollouts]
    table = pa.Table.from_pylist([{name: _storable(value) for name, value in row.items()} for row in rows])
    places = pa.array([place for place, group in enumerate(groups) for _ in group.rollouts], pa.int32())
    fields = [{**group.problem.model_dump(), "prompt": group.problem.messages()} for group in groups]
    for name in PROBLEM_COLUMNS:
        texts = pa.array([json.dumps(of[name]) for of in fields], pa.large_string())
        table = table.append_column(name, pa.DictionaryArray.from_arrays(places, texts))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    pq.write_table(table, temporary, compression="zstd", store_schema=False, dictionary_pagesize_limit=DICTIONARY_BYTES)
    put_in_place(temporary, path)


def read_rollouts(path: Path) -> Iterator[tuple[Problem, dict[str, Any]]]:
    """Each rollout's problem and columns, a few at a time. Raises ValueError for a file that lacks a column."""
    import pyarrow.parquet as pq

    there = pq.read_schema(path).names
    for name in ("problem_id", "completion", "outcome", *PROBLEM_COLUMNS):
        if name not in there:
            raise ValueError(f"{path}: no column {name!r}; it is no file of rollouts, or an older version's")
    with pq.ParquetFile(path, read_dictionary=list(PROBLEM_COLUMNS)) as file:
        for batch in file.iter_batches(READ_ROWS):
            for row in batch.to_pylist():
                yield Problem(id=row["problem_id"], **{name: json.loads(row[name]) for name in PROBLEM_COLUMNS}), row


def _storable(value: object) -> object:
    return encodable(value) if isinstance(value, str) else value


def _turn(turn: Turn) -> dict[str, object]:
    """A turn as it is read; who failed is in `fault`."""
    return {"text": encodable(turn.completion.text), "calls": [asdict(one) for one in turn.answered]}


def exchanges_of(dialogue: str) -> Exchanges:
    """The turns that the column `dialogue` holds."""
    turns = json.loads(dialogue)
    return tuple(Exchange(turn["text"], tuple(Answered(**call) for call in turn["calls"])) for turn in turns)


def _columns(step: int, rollout: Rollout) -> dict[str, object]:
    done, verdict = rollout.transcript, rollout.verdict
    return {
        "step": step,
        "problem_id": rollout.problem.id,
        "completion": rollout.text,
        "turns": len(rollout.turns),
        "dialogue": json.dumps([_turn(turn) for turn in rollout.turns]),
        "tokens": done.num_sampled,
        "stop_reason": rollout.stop_reason,
        "policy_version": rollout.policy_version,
        "policy_version_last": done.policy_versions[-1],
        "outcome": "error" if verdict is None else verdict.outcome,
        "score": rollout.score,
        "detail": rollout.error or (verdict.detail if verdict else ""),
        "parts": json.dumps(verdict.parts if verdict else {}),
        "reward": rollout.reward,
        "advantage": rollout.advantage,
        "in_loss": rollout.in_loss,
        "verify_s": rollout.seconds,
        "tools_s": rollout.calling.seconds,
    }
