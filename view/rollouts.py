"""Rollouts of a run as the pages ask for them: a step's groups, one group, one problem over the steps, a search.

Reads Parquet with pyarrow, a file at a time and only the columns that a page needs; nothing of a run is kept in memory
but a few sums a file. A file of an older version lacks columns: what they would say is derived (the number of a group
from the order of rows) or left out. A file that is half written or no Parquet is told in `complaints` and left out.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from temper.verifiers.shown import shown

if TYPE_CHECKING:
    import pyarrow as pa

Json = dict[str, JsonValue]
Kind = Literal["train", "validation", "eval"]

FOLDERS: dict[Kind, str] = {"train": "rollouts", "validation": "rollouts-validation", "eval": "rollouts-eval"}
"""Of a run's folder."""
OF_PROBLEM = ("prompt", "tools", "session", "answer", "params", "metadata")
"""JSON text, a problem's own."""
PER_TOKEN = ("prompt_ids", "token_ids", "rollout_logprobs", "policy_versions", "unsampled")
LONGEST = 50_000
"""Characters of a text that a page gets at first."""
MOST_HITS = 200
READERS = 4
"""Files that a search reads at a time."""


@dataclass(frozen=True)
class StepFile:
    """The rollouts of one step, or of one held-out scoring."""

    name: str
    """`12`, `validation-10` or `eval-rlvr`: how links call it."""
    kind: Kind
    step: int
    path: Path


@dataclass
class Rollouts:
    """Those under a run's folder, read when asked for."""

    run_folder: Path
    group_size: int = 0
    """Rollouts of a group, which files of the first version do not say; 0 where it is not known."""
    complaints: dict[str, str] = field(default_factory=dict)
    """Of files that could not be read, by name."""

    def files(self) -> list[StepFile]:
        """Those that are there now, in the order of their steps."""
        found = []
        for kind, folder in FOLDERS.items():
            for path in (self.run_folder / folder).glob("*.parquet"):
                number = re.fullmatch(r"step-(\d+)", path.stem)
                if kind != "eval" and not number:
                    continue
                step = int(number[1]) if number else 0
                name = {"train": str(step), "validation": f"validation-{step}", "eval": f"eval-{path.stem}"}[kind]
                found.append(StepFile(name, kind, step, path))
        return sorted(found, key=lambda file: (list(FOLDERS).index(file.kind), file.step, file.name))

    def file(self, name: str) -> StepFile:
        """Raises LookupError."""
        for file in self.files():
            if file.name == name:
                return file
        raise LookupError(f"{self.run_folder.name}: no rollouts of step {name!r}; it is not there yet, or was removed")

    def table(self, file: StepFile, columns: Sequence[str]) -> "pa.Table":
        """Of the columns those that the file has, and `group`. Raises ValueError for a file that cannot be read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            there = pq.read_schema(file.path).names
            asked = [name for name in {*columns, "group", "problem_id"} if name in there]
            dictionaries = [name for name in ("verifier", *OF_PROBLEM) if name in asked]
            table = pq.read_table(file.path, columns=asked, read_dictionary=dictionaries, partitioning=None)
        except (OSError, pa.ArrowException) as error:
            said = f"{file.path.name}: cannot be read ({_first_line(error)}); half written, or damaged"
            self.complaints[file.path.name] = said
            raise ValueError(said) from None
        self.complaints.pop(file.path.name, None)
        if "group" not in there:
            table = table.append_column("group", pa.array(self._numbered(table["problem_id"].to_pylist()), pa.int64()))
        return table

    def _numbered(self, ids: Sequence[str]) -> list[int]:
        """The groups of rows in the order of their groups: a new one at another problem, or when one is full."""
        numbers: list[int] = []
        number, size = -1, 0
        for at, problem in enumerate(ids):
            if not at or problem != ids[at - 1] or size == self.group_size:
                number, size = number + 1, 0
            size += 1
            numbers.append(number)
        return numbers

    # -- a step

    def step(self, name: str) -> Json:
        """Its groups, a row each, and of every rollout what histograms count."""
        file = self.file(name)
        columns = ("verifier", "place", "score", "reward", "advantage", "tokens", "outcome", "stop_reason")
        table = self.table(file, (*columns, "dropped", "why_dropped", "policy_version", "logprob_mean", "in_loss"))
        values = {column: table[column].to_pylist() for column in table.column_names if column != "verifier"}
        values["verifier"] = list(_mapped(table["verifier"], _name))
        spans = _spans(values["group"])
        counted = {name: [_rounded(value) for value in values.get(name, [])] for name in _COUNTED}
        return {
            "step": name,
            "kind": file.kind,
            "groups": [_group_row(values, start, end, file.step) for start, end in spans],
            "rollouts": {**counted, "group": values["group"]},
        }

    # -- a group

    def group(self, name: str, number: int) -> Json:
        """The problem once, and its rollouts. Raises LookupError."""
        rows, problem = self._rows(name, number)
        return {
            "step": name,
            "group": number,
            "problem": problem,
            "rollouts": [_told(row) for row in rows],
            "groups": self._group_numbers(name),
        }

    def row(self, name: str, number: int, place: int) -> tuple[Json, dict[str, JsonValue]]:
        """(problem, rollout) as they are stored. Raises LookupError."""
        rows, problem = self._rows(name, number, shown_texts=False)
        if not 0 <= place < len(rows):
            raise LookupError(f"group {number} of step {name}: has {len(rows)} rollouts, got place {place}")
        return problem, rows[place]

    def _group_numbers(self, name: str) -> list[JsonValue]:
        numbers = self.table(self.file(name), ())["group"].unique().to_pylist()
        return list(numbers)

    def _rows(self, name: str, number: int, shown_texts: bool = True) -> tuple[list[dict[str, JsonValue]], Json]:
        import pyarrow.parquet as pq

        file = self.file(name)
        numbers = self.table(file, ())["group"].to_pylist()
        if number not in numbers:
            raise LookupError(f"step {name}: no group {number}; it has 0 to {max(numbers, default=0)}")
        start, end = numbers.index(number), len(numbers) - numbers[::-1].index(number)
        plain = [column for column in pq.read_schema(file.path).names if column not in PER_TOKEN]
        rows = self.table(file, plain).slice(start, end - start).to_pylist()
        first = rows[0]
        problem: Json = {"id": _seen(str(first["problem_id"])), "verifier": _loaded(first.get("verifier"))}
        problem |= {column: _loaded(first.get(column)) for column in OF_PROBLEM}
        if shown_texts:
            problem = {key: _seen_in(value) for key, value in problem.items()}
        else:
            problem["id"] = first["problem_id"]
        for place, row in enumerate(rows):
            row.setdefault("place", place)
            row["staleness"] = _staleness(file, row.get("policy_version"))
        return rows, problem

    def tokens(self, name: str, number: int, place: int) -> Json:
        """What is known of each token of a completion: ids, the engine's and the trainer's logprobs, those that were
        not sampled. Raises LookupError for a file without them."""
        file = self.file(name)
        table = self.table(file, (*PER_TOKEN, "dropped"))
        if "token_ids" not in table.column_names:
            raise LookupError(f"{file.path.name}: holds no tokens; it is of an older version")
        at = table["group"].to_pylist().index(number) + place
        row = {column: table[column][at].as_py() for column in table.column_names}
        found: Json = {key: row.get(key) for key in ("token_ids", "rollout_logprobs", "policy_versions")}
        found["unsampled"] = row.get("unsampled") or []
        found["policy_logprobs"] = self._of_trainer(file, table, at)
        return found

    def _of_trainer(self, file: StepFile, table: "pa.Table", at: int) -> JsonValue:
        """The trainer's logprobs of a row; they lie beside the stage's rollouts, for the rows that were trained on."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = file.path.resolve().parent.parent / "policy" / file.path.name
        if file.kind != "train" or "dropped" not in table.column_names or not path.is_file():
            return None
        before = table["dropped"].slice(0, at + 1).to_pylist()
        try:
            kept = pq.read_table(path)["policy_logprobs"]
        except (OSError, pa.ArrowException) as error:
            self.complaints[f"policy/{path.name}"] = f"policy/{path.name}: cannot be read ({_first_line(error)})"
            return None
        place = before.count(False) - 1
        said: JsonValue = kept[place].as_py() if not before[-1] and place < len(kept) else None
        return said

    # -- over steps

    def problem(self, problem_id: str) -> Json:
        """All groups of a problem, in the order of steps."""
        import pyarrow.compute as pc

        found: list[JsonValue] = []
        for file, table in self._tables(("score", "reward", "tokens", "outcome", "why_dropped", "stop_reason")):
            mask = pc.equal(table["problem_id"], problem_id)
            rows = table.filter(mask)
            values = {column: rows[column].to_pylist() for column in rows.column_names}
            for start, end in _spans(values["group"]):
                found.append({"step": file.name, **_group_row(values, start, end, file.step)})
        return {"id": problem_id, "groups": found}

    def problems(self) -> dict[str, list[float]]:
        """Mean score of each problem in each of its training groups."""
        found: dict[str, list[float]] = {}
        for file, table in self._tables(("score",)):
            if file.kind == "train":
                means = table.group_by(["group", "problem_id"], use_threads=False).aggregate([("score", "mean")])
                pairs = zip(means["problem_id"].to_pylist(), means["score_mean"].to_pylist(), strict=True)
                for problem_id, mean in pairs:
                    found.setdefault(problem_id, []).extend([] if mean is None else [mean])
        return found

    def _tables(self, columns: Sequence[str]) -> Iterator[tuple[StepFile, "pa.Table"]]:
        """Each file's; one that cannot be read is complained of and left out."""
        for file in self.files():
            try:
                yield file, self.table(file, columns)
            except ValueError:
                continue

    def search(self, asked: Mapping[str, str]) -> Json:
        """Rollouts by `text` (of completion or detail), `verifier`, `outcome`, `problem`, and the least and most of
        score, step and tokens (`score_from`, `score_to`, ...); the first `MOST_HITS` and how many there are."""
        files = [file for file in self.files() if _step_asked(file, asked)]
        with ThreadPoolExecutor(READERS) as pool:
            per_file = list(pool.map(lambda file: self._hits(file, asked), files))
        hits = [hit for _, found in per_file for hit in found]
        return {"total": sum(count for count, _ in per_file), "hits": hits[:MOST_HITS]}

    def _hits(self, file: StepFile, asked: Mapping[str, str]) -> tuple[int, list[JsonValue]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        columns = ("completion", "detail", "verifier", "outcome", "score", "tokens", "place", "why_dropped")
        try:
            table = self.table(file, (*columns, "stop_reason") if asked.get("text") else (*columns[1:], "stop_reason"))
        except ValueError:
            return 0, []
        starts = _starts(table["group"].to_pylist())
        mask = None
        for test in _tests(table, asked):
            mask = test if mask is None else pc.and_kleene(mask, test)
        if mask is None:
            indices = list(range(table.num_rows))
        else:
            indices = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
        few = indices[:MOST_HITS]
        rows = table.take(pa.array(few, pa.int64())).to_pylist()
        return len(indices), [_hit(file, row, at - starts[at], asked) for row, at in zip(rows, few, strict=True)]

    def means(self) -> Json:
        """A point a step: score by verifier and by source, tokens of right and of wrong completions."""
        points: dict[str, dict[int, float]] = {}
        for file in self.files():
            if file.kind == "train":
                try:
                    stat = file.path.stat()
                    found = _means(self, file, stat.st_mtime_ns, stat.st_size)
                except (OSError, ValueError):
                    continue
                for name, value in found.items():
                    points.setdefault(name, {})[file.step] = value
        steps = sorted({step for by_step in points.values() for step in by_step})
        series: Json = {name: [by_step.get(step) for step in steps] for name, by_step in sorted(points.items())}
        return {"steps": list(steps), "series": series}

    def __hash__(self) -> int:
        return hash(self.run_folder)


_COUNTED = ("place", "reward", "advantage", "tokens", "score", "outcome")


@lru_cache(maxsize=100_000)
def _means(rollouts: Rollouts, file: StepFile, _changed: int, _size: int) -> dict[str, float]:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = rollouts.table(file, ("verifier", "metadata", "score", "tokens"))
    right = pc.equal(table["score"], 1.0)
    told = pa.table({"score": table["score"], "tokens": table["tokens"], "right": right})
    found: dict[str, float] = {}
    for name, values in (("verifier", _mapped(table["verifier"], _name)), ("source", _sources(table))):
        if len(set(values)) > 1 or name == "verifier":
            by = told.append_column("by", pa.array(values)).group_by("by", use_threads=False)
            means = by.aggregate([("score", "mean")]).to_pylist()
            found |= {f"{name}/{row['by']}": row["score_mean"] for row in means if row["score_mean"] is not None}
    for row in told.group_by("right", use_threads=False).aggregate([("tokens", "mean")]).to_pylist():
        if row["right"] is not None:
            found["tokens/right" if row["right"] else "tokens/wrong"] = row["tokens_mean"]
    return {name: round(value, 5) for name, value in found.items()}


def _mapped(column: "pa.ChunkedArray", of: Callable[[str | None], str]) -> list[str]:
    """`of` each text of a column that is stored as a dictionary: of each different one once."""
    import pyarrow.compute as pc

    found: list[str] = []
    for chunk in column.chunks:
        different = [of(text) for text in chunk.dictionary.to_pylist()]
        found += [different[at] if at is not None else of(None) for at in pc.cast(chunk.indices, "int32").to_pylist()]
    return found


def _sources(table: "pa.Table") -> list[str]:
    """`metadata.source` of a row, else what its problem's id begins with."""
    known = "metadata" in table.column_names
    told = _mapped(table["metadata"], _told_source) if known else [""] * table.num_rows
    ids = table["problem_id"].to_pylist()
    return [source or _begin(problem) for source, problem in zip(told, ids, strict=True)]


def _told_source(metadata: str | None) -> str:
    found = _loaded(metadata)
    source = found.get("source") if isinstance(found, dict) else None
    return _seen(source[:60]) if isinstance(source, str) else ""


@lru_cache(maxsize=65_536)
def _begin(problem_id: str) -> str:
    return _seen(re.split(r"[\d/:#-]", problem_id, maxsplit=1)[0][:60]) or "others"


@lru_cache(maxsize=4_096)
def _name(text: str | None) -> str:
    """A verifier's, from its JSON text."""
    spec = _loaded(text)
    return _seen(spec) if isinstance(spec, str) else "composition"


def _group_row(values: Mapping[str, list[JsonValue]], start: int, end: int, step: int) -> Json:
    def of(column: str) -> list[JsonValue]:
        return values[column][start:end] if column in values else []

    rewards, scores, tokens = _numbers(of("reward")), _numbers(of("score")), _numbers(of("tokens"))
    versions = _numbers(of("policy_version"))
    why = (of("why_dropped") or [None])[0]
    if why is None and True in of("dropped"):
        why = "dropped"
    return {
        "group": values["group"][start],
        "problem": _seen(str(values["problem_id"][start])),
        "verifier": values["verifier"][start] if "verifier" in values else "",
        "n": end - start,
        "score": _mean(scores),
        "reward": _mean(rewards),
        "spread": _rounded(max(rewards) - min(rewards)) if rewards else None,
        "right": sum(score == 1.0 for score in scores),
        "tokens": _mean(tokens),
        "longest": max(tokens, default=None),
        "truncated": of("stop_reason").count("length"),
        "errors": of("outcome").count("error"),
        "abstained": of("outcome").count("abstained"),
        # The trainer's version at step 12 is 11: its weights have seen 11 steps.
        "staleness": step - 1 - int(min(versions)) if versions and step else 0,
        "logprob": _mean(_numbers(of("logprob_mean"))),
        "why_dropped": why,
    }


def _told(row: Mapping[str, JsonValue]) -> Json:
    """A rollout as a page shows it."""
    skipped = (*OF_PROBLEM, "verifier", "problem_id", "group", "step")
    found = {name: value for name, value in row.items() if name not in skipped}
    for name in ("parts", "shaping", "turns"):
        found[name] = _seen_in(_loaded(found.get(name)))
    text = str(found.get("completion") or "")
    found["characters"] = len(text)
    found["completion"] = _seen(text[:LONGEST])
    for name in ("detail", "shadow_detail"):
        found[name] = _seen(str(found.get(name) or "")[:LONGEST])
    return found


def _hit(file: StepFile, row: Mapping[str, JsonValue], place: int, asked: Mapping[str, str]) -> Json:
    text, detail = str(row.get("completion") or ""), str(row["detail"] or "")
    wanted = asked.get("text", "")
    at = max(text.find(wanted), 0)
    snippet = text[max(0, at - 60) : at + len(wanted) + 100] if wanted and wanted in text else detail[:160]
    return {
        "step": file.name,
        "group": row["group"],
        "place": place,
        "problem": _seen(str(row["problem_id"])),
        "verifier": _name(str(row["verifier"])),
        "outcome": row["outcome"],
        "score": row["score"],
        "tokens": row["tokens"],
        "why_dropped": row.get("why_dropped"),
        "snippet": _seen(snippet),
    }


def _step_asked(file: StepFile, asked: Mapping[str, str]) -> bool:
    kinds = asked.get("kind", "train").split(",")
    low, high = _number(asked, "step_from"), _number(asked, "step_to")
    inside = (low is None or file.step >= low) and (high is None or file.step <= high)
    return file.kind in kinds and inside


def _tests(table: "pa.Table", asked: Mapping[str, str]) -> Iterator["pa.ChunkedArray"]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if text := asked.get("text"):
        found = pc.match_substring(table["completion"], text)
        yield pc.or_kleene(found, pc.match_substring(table["detail"], text))
    if verifier := asked.get("verifier"):
        yield pa.chunked_array([pa.array([name == verifier for name in _mapped(table["verifier"], _name)])])
    if problem := asked.get("problem"):
        yield pc.equal(table["problem_id"], problem)
    match asked.get("outcome"):
        case "right":
            yield pc.equal(table["score"], 1.0)
        case "wrong":
            yield pc.less(table["score"], 1.0)
        case "truncated":
            yield pc.equal(table["stop_reason"], "length")
        case "dropped" | "stale" | "flat" | "unjudged" as why if "why_dropped" in table.column_names:
            column = table["why_dropped"]
            yield pc.is_valid(column) if why == "dropped" else pc.equal(column.cast(pa.string()), why)
        case str() as outcome if outcome:
            yield pc.equal(table["outcome"], outcome)
    for column in ("score", "tokens"):
        if (low := _number(asked, f"{column}_from")) is not None:
            yield pc.greater_equal(table[column], low)
        if (high := _number(asked, f"{column}_to")) is not None:
            yield pc.less_equal(table[column], high)


def _number(asked: Mapping[str, str], name: str) -> float | None:
    """Raises ValueError for text that is none."""
    text = asked.get(name, "").strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise ValueError(f"{name}: not a number, got {text!r:.40}; write one, or leave it empty") from None


def _spans(numbers: Sequence[JsonValue]) -> list[tuple[int, int]]:
    """First row of each group and the one behind its last."""
    starts = [at for at, number in enumerate(numbers) if not at or number != numbers[at - 1]]
    return list(zip(starts, [*starts[1:], len(numbers)], strict=True)) if starts else []


def _starts(numbers: Sequence[JsonValue]) -> list[int]:
    """Of each row the first row of its group."""
    return [start for start, end in _spans(numbers) for _ in range(start, end)]


def _staleness(file: StepFile, version: JsonValue) -> JsonValue:
    return file.step - 1 - version if isinstance(version, int) and file.kind == "train" else None


def _numbers(values: Sequence[JsonValue]) -> list[float]:
    return [value for value in values if isinstance(value, int | float)]


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 5) if values else None


def _rounded(value: JsonValue) -> JsonValue:
    return round(value, 5) if isinstance(value, float) else value


def _loaded(text: JsonValue) -> JsonValue:
    try:
        found: JsonValue = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return text
    return found


def _seen(text: str) -> str:
    return shown(text, lines=True)


def _seen_in(value: JsonValue) -> JsonValue:
    """Every text of it as a person may see it."""
    if isinstance(value, str):
        return _seen(value[:LONGEST])
    if isinstance(value, list):
        return [_seen_in(item) for item in value]
    if isinstance(value, dict):
        return {_seen(key): _seen_in(item) for key, item in value.items()}
    return value


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
