"""Rollouts on disk: one Parquet file a step, every prompt, completion, verdict, reward, advantage and version.

Columns that may hold several types are JSON text. What belongs to the problem is there with every rollout, tests
included, so that a run can be rescored without its data; the file holds each text once. A file is written under a
temporary name and renamed, so a step's rollouts are there whole or not at all; a step that runs again after a kill
writes the same file again.

The tokens are there with their logprobs and versions, group by group, the groups that the step trained first. The
trainer's own logprobs of the batch's rows come from the learner and lie in files beside them: with both, whatever a
step made of its rollouts can be computed again (`temper recompute`).

A file says its version (`VERSION`) under the key `temper.rollouts` of its metadata; one that says none is of the first.
Columns are added and never change their meaning, so whoever reads takes what is there.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temper.policy.atomic import put_in_place
from temper.rlvr.batches.columns import Column, Versions
from temper.rlvr.rollout import Group, Rollout, Turn
from temper.rlvr.transcript import places
from temper.verifiers.problem import Problem
from temper.verifiers.shown import encodable

if TYPE_CHECKING:
    import numpy as np

PROBLEM_COLUMNS = ("prompt", "tools", "session", "verifier", "answer", "params", "metadata")
"""JSON text; the prompt as messages."""
LATER = ("session",)
"""Of these, those that files of an older version lack."""
DICTIONARY_BYTES = 1 << 30
"""Room for the different texts of a column; over it they would be written again with every rollout."""
TOKEN_COLUMNS = ("prompt_ids", "token_ids", "rollout_logprobs", "policy_versions", "unsampled")
"""Lists, a value a token; `unsampled` holds places."""
READ_ROWS = 64
WRITE_ROWS = 128
VERSION = "2"
"""2: `group`, `place`, `prompt_tokens`, `dropped` and why, `shaping`, `logprob_mean`, `turns`, and a value a
token."""


def write_rollouts(path: Path, step: int, groups: Sequence[Group]) -> None:
    import pyarrow as pa

    rows = [
        {**_columns(step, number, rollout), **_earned(place, rollout)}
        for number, group in enumerate(groups)
        for place, rollout in enumerate(group.rollouts)
    ]
    stored = [{name: _storable(value) for name, value in row.items()} for row in rows]
    # A few at a time: while rows are turned into columns no other thread moves, and the engines are driven by one.
    parts = [pa.Table.from_pylist(stored[first : first + WRITE_ROWS]) for first in range(0, len(stored), WRITE_ROWS)]
    table = pa.concat_tables(parts or [pa.Table.from_pylist([])], promote_options="permissive")
    places = pa.array([place for place, group in enumerate(groups) for _ in group.rollouts], pa.int32())
    fields = [{**group.problem.model_dump(), "prompt": group.problem.messages()} for group in groups]
    for name in PROBLEM_COLUMNS:
        texts = pa.array([json.dumps(of[name]) for of in fields], pa.large_string())
        table = table.append_column(name, pa.DictionaryArray.from_arrays(places, texts))
    for name, of in _token_columns(groups).items():
        table = table.append_column(name, _lists(of, "float32" if "logprobs" in name else "int32"))
    _write(path, table)


def write_policy_logprobs(path: Path, logprobs: Sequence[Sequence[float]]) -> None:
    """The trainer's, of each row of a step's batch."""
    import pyarrow as pa

    _write(path, pa.table({"policy_logprobs": _lists(logprobs, "float32")}))


def _write(path: Path, table: Any) -> None:
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    # Token columns as they are: a table of all their different values takes longer than the rest of the file.
    tabled = [name for name in table.column_names if not name.endswith("logprobs") and name not in TOKEN_COLUMNS]
    how: Any = {"compression": "zstd", "store_schema": False, "dictionary_pagesize_limit": DICTIONARY_BYTES}
    how["use_dictionary"] = tabled
    with pq.ParquetWriter(temporary, table.schema, **how) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"temper.rollouts": VERSION})
    put_in_place(temporary, path)


def read_rollouts(path: Path, tokens: bool = False) -> Iterator[tuple[Problem, dict[str, Any]]]:
    """Each rollout's problem and columns, those of `tokens` where they are asked for, a few at a time. Raises
    ValueError for a file that lacks a column."""
    import pyarrow.parquet as pq

    there = pq.read_schema(path).names
    asked = [name for name in there if tokens or name not in TOKEN_COLUMNS]
    of_problem = [name for name in PROBLEM_COLUMNS if name in there or name not in LATER]
    wanted = ("problem_id", "completion", "outcome", *of_problem)
    for name in (*wanted, "group", *TOKEN_COLUMNS) if tokens else wanted:
        if name not in there:
            raise ValueError(f"{path}: no column {name!r}; it is no file of rollouts, or an older version's")
    with pq.ParquetFile(path, read_dictionary=of_problem) as file:
        for batch in file.iter_batches(READ_ROWS, columns=asked):
            for row in batch.to_pylist():
                yield Problem(id=row["problem_id"], **{name: json.loads(row[name]) for name in of_problem}), row


def version_of(path: Path) -> int:
    """Of a file of rollouts."""
    import pyarrow.parquet as pq

    return int((pq.read_metadata(path).metadata or {}).get(b"temper.rollouts", b"1"))


def read_policy_logprobs(path: Path) -> list[list[float]]:
    import pyarrow.parquet as pq

    found: list[list[float]] = pq.read_table(path)["policy_logprobs"].to_pylist()
    return found


def _storable(value: object) -> object:
    return encodable(value) if isinstance(value, str) else value


def _turn(turn: Turn) -> dict[str, object]:
    """Tokens that were written and those that were read behind them; of a call that failed `fault` says whose."""
    return {
        "text": encodable(turn.completion.text),
        "tokens": len(turn.completion.tokens),
        "read": len(turn.suffix),
        "calls": [asdict(one) for one in turn.answered],
    }


def _lists(rows: Sequence[Sequence[float]], dtype: str) -> Any:
    """An Arrow column of lists, its values laid end to end without an object for each."""
    import numpy as np
    import pyarrow as pa

    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    values = np.concatenate([np.zeros(0, dtype), *(_array(row, dtype) for row in rows)])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))


def _array(row: Sequence[float], dtype: str) -> "np.ndarray[Any, Any]":
    import numpy as np

    if isinstance(row, Column):
        return np.frombuffer(row.buffer, dtype)
    if isinstance(row, Versions):
        values, counts = zip(*row.runs, strict=True) if row else ((), ())
        return np.repeat(np.array(values, dtype), np.array(counts, np.int64))
    return np.array(row, dtype)


def _token_columns(groups: Sequence[Group]) -> dict[str, list[Sequence[float]]]:
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    return {
        "prompt_ids": [rollout.prompt_tokens for rollout in rollouts],
        "token_ids": [rollout.transcript.tokens for rollout in rollouts],
        "rollout_logprobs": [rollout.transcript.rollout_logprobs for rollout in rollouts],
        "policy_versions": [rollout.transcript.policy_versions for rollout in rollouts],
        "unsampled": [places(rollout.transcript.unsampled) for rollout in rollouts],
    }


def _earned(place: int, rollout: Rollout) -> dict[str, object]:
    """`logprob_mean` is over the tokens that were sampled; with the sign changed it is an estimate of their entropy.
    `turns` is empty where there is one."""
    # What was not sampled has logprob 0 and adds nothing.
    done, total = rollout.transcript, math.fsum(rollout.transcript.rollout_logprobs)
    turns = [_turn(turn) for turn in rollout.turns]
    return {
        "place": place,
        "turns": json.dumps(turns if len(turns) > 1 else []),
        "prompt_tokens": len(rollout.prompt_tokens),
        "why_dropped": rollout.why_dropped,
        "shaping": json.dumps(rollout.shaping),
        "logprob_mean": total / done.num_sampled if done.num_sampled else None,
    }


def _columns(step: int, group: int, rollout: Rollout) -> dict[str, object]:
    done, verdict = rollout.transcript, rollout.verdict
    return {
        "step": step,
        "group": group,
        "problem_id": rollout.problem.id,
        "completion": rollout.text,
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
        "dropped": rollout.dropped,
        "in_loss": rollout.in_loss,
        "verify_s": rollout.seconds,
        "tools_s": rollout.calling.seconds,
        "shadow": rollout.shadow,
        "shadow_detail": rollout.shadow_detail,
    }
