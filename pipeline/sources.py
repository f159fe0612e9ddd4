"""Sources to rows: local files, Hub sets, generated rows; as problems or as examples.

JSON Lines are read with `json`; rows of Parquet and Hub data mean what the same rows mean there (`columns`). Examples
stream: one row of each source is in memory, whatever the sources' size.
"""

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temper.pipeline.columns import from_columns, plain
from temper.pipeline.extras import require
from temper.pipeline.plugins import plugins_for
from temper.policy.sources import FileRows, GeneratedRows, GymRows, HubRows, Source
from temper.rows.pass_rates import kept
from temper.rows.table import Kind, mapping
from temper.sandboxes.section import SandboxSection
from temper.sft.examples import Dropped, RowError
from temper.verifiers.composition import with_row
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.rows import Defaults, RawRow, parse_problem, read_csv, read_json_lines
from temper.verifiers.sessions.table import refuse_recipe_only

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_PARQUET_ROWS = 256
"""Rows of a Parquet file that are decoded at once; a row may be a conversation of megabytes."""


def problems(
    sources: Sequence[Source],
    defaults: Defaults | None = None,
    sandbox: SandboxSection | None = None,
    plugins: Plugins = NO_PLUGINS,
) -> list[Problem]:
    """All problems in order, each fit for the sandbox, none that names code which its source may not name. Raises
    ValueError naming the row and the field; ids must be unique."""
    found: list[Problem] = []
    seen: dict[str, str] = {}
    for source in sources:
        for _, _, problem in read_problems(source, defaults, sandbox, plugins, seen):
            found += [problem] * source.epochs
    if not found:
        raise ValueError("data: no problem in any source; check `skip`, `rows` and `pass_rate`")
    return found


def placed_problems(
    source: Source, defaults: Defaults | None, sandbox: SandboxSection | None, plugins: Plugins
) -> Iterator[tuple[str, Problem]]:
    """(`where`, problem) of one source, whose rows may name the code that it may. Raises ValueError for a bad row."""
    return ((where, problem) for where, _, problem in read_problems(source, defaults, sandbox, plugins))


def read_problems(
    source: Source,
    defaults: Defaults | None,
    sandbox: SandboxSection | None,
    plugins: Plugins,
    seen: dict[str, str] | None = None,
) -> Iterator[tuple[str, RawRow, Problem]]:
    """The same with the row that each problem is read from. With `seen`, ids to where they stand, which grows: raises
    ValueError for an id that stands there already."""
    allowed = plugins_for(source, plugins)
    for where, row in rows(source, "problems"):
        problem = parse_problem(row, where, defaults, sandbox, allowed)
        if seen is not None and seen.setdefault(problem.id, where) != where:
            raise ValueError(f"{where}: id: {problem.id!r} also stands at {seen[problem.id]}; make ids unique")
        yield where, row, problem


def is_generated(source: Source) -> bool:
    """Its rows are variations of a template, which its own splits keep apart."""
    return isinstance(source, GeneratedRows | GymRows)


def mixture(sources: Sequence[Source], seed: int, dropped: Dropped) -> Iterator[tuple[str, RawRow]]:
    """(`where`, row) of all sources, evenly mixed: each row is of the source that is furthest behind its share.

    A share is `epochs` passes over the source or, by `weight`, its part of as many rows as all sources have: in whole
    passes, and a last one that draws at random what is left (Knuth, TAOCP 2, algorithm 3.4.2 S). Sources are counted
    first where there are several.
    """
    if len(sources) == 1:
        for _ in range(sources[0].epochs):
            yield from rows(sources[0], "examples", dropped)
        return
    counts = [_count(source) for source in sources]
    shares = _shares(sources, counts)
    streams = [
        _share(source, share, count, random.Random(f"{seed}/{place}"), dropped)
        for place, (source, share, count) in enumerate(zip(sources, shares, counts, strict=True))
    ]
    taken = [0] * len(sources)
    going = [place for place, share in enumerate(shares) if share]
    while going:
        # Shares 30 and 10, 3 and 1 taken: 3.5/30 = 0.12 against 1.5/10 = 0.15, so the first source is next.
        place = min(going, key=lambda place: (taken[place] + 0.5) / shares[place])
        pair = next(streams[place], None)
        if pair is None:
            going.remove(place)
        else:
            taken[place] += 1
            yield pair


def _shares(sources: Sequence[Source], counts: Sequence[int]) -> list[int]:
    """Rows that each source gives to the mixture."""
    weights = [source.weight for source in sources if source.weight is not None]
    if not weights:
        return [source.epochs * count for source, count in zip(sources, counts, strict=True)]
    # Counts 300 and 100 under weights 3 and 5: 50 rows a unit of weight, so 150 and 250 of the 400.
    rows_of_one = sum(counts) / sum(weights)
    return [round(weight * rows_of_one) if count else 0 for weight, count in zip(weights, counts, strict=True)]


def _share(
    source: Source, share: int, count: int, rng: random.Random, dropped: Dropped
) -> Iterator[tuple[str, RawRow]]:
    passes, left = divmod(share, count) if count else (0, 0)
    for _ in range(passes):
        yield from rows(source, "examples", dropped)
    if left:
        for seen, pair in enumerate(rows(source, "examples", dropped)):
            # The chance is what is still wanted over what is still to come: 2 of the last 5 rows, 0.4 for the next.
            if rng.random() * (count - seen) < left:
                left -= 1
                yield pair


def rows(source: Source, kind: Kind, dropped: Dropped | None = None) -> Iterator[tuple[str, RawRow]]:
    """(`where`, row) of one source, after `skip`, `rows`, `map` and `verifier`. Raises RowError for one that `map` does
    not take, unless `dropped` counts it or the source drops such rows."""
    take = _taking(source, kind)
    dropped = dropped or Dropped(refuse=source.bad_rows == "refuse")
    for where, row in islice(_raw(source, kind), source.skip, _end(source)):
        try:
            made = take(row)
            _check_writable(made)
        except (Exception, SystemExit) as error:  # of anybody's code: whatever it raises, this row is not taken
            said = str(error) if isinstance(error, ValueError) else f"map: {source.map} raised {error!r}; mend it"
            dropped.bad(RowError(f"{where}: {said}", "unmapped"))
            continue
        if kind == "problems" and source.pass_rate is not None and not kept(made, source.pass_rate, where):
            continue
        if kind == "problems":
            made = _acting_on(source.session, _judged_by(source.verifier, made), where)
        yield where, made


def _check_writable(row: RawRow) -> None:
    """Raises ValueError naming the field for what no file of a run can hold: half a surrogate pair, no number."""
    for name, value in row.items():
        try:
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except UnicodeEncodeError as error:
            lone = f"{error.object[error.start]!a}"
            raise ValueError(f"{name}: not Unicode, got the lone surrogate {lone}; mend the text") from None
        except RecursionError:
            raise ValueError(f"{name}: nested too deep, got {type(value).__name__}; flatten it") from None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: not JSON ({error}), got {value!r:.60}; write text, numbers, lists") from None


def _taking(source: Source, kind: Kind) -> Callable[[RawRow], RawRow]:
    """From what the reader gives to a row of ours: columns to JSON, then `map`."""
    adapt, json_columns = mapping(source.map, kind), _json_columns(source)

    def take(row: RawRow) -> RawRow:
        row = row if json_columns is None else from_columns(row, json_columns)
        # What somebody's `map` made may hold numpy's numbers or dates.
        adapted: RawRow = plain(adapt(row)) if source.map else row
        return adapted

    return take


def _json_columns(source: Source) -> frozenset[str] | None:
    """The columns whose text is JSON by their type; None for rows that are JSON already."""
    if isinstance(source, HubRows):
        return frozenset()
    if not isinstance(source, FileRows) or Path(source.path).suffix != ".parquet":
        return None
    schema = _opened(Path(source.path)).schema_arrow
    return frozenset(field.name for field in schema if str(field.type) == "extension<arrow.json>")


def _end(source: Source) -> int | None:
    return None if source.rows is None else source.skip + source.rows


def _judged_by(spec: str | dict[str, Any] | None, row: RawRow) -> RawRow:
    if spec is None:
        return row
    if isinstance(spec, str):
        return {**row, "verifier": spec}
    return {key: value for key, value in row.items() if key != "params"} | {"verifier": with_row(spec, row)}


def _acting_on(session: dict[str, Any] | None, row: RawRow, where: str) -> RawRow:
    """The row with the source's session over its own. Raises RowError for what the row's own may not set."""
    own = row.get("session")
    try:
        refuse_recipe_only(own)
    except ValueError as error:
        raise RowError(f"{where}: {error}", "session") from error
    if session is None:
        return row
    return {**row, "session": {**own, **session} if isinstance(own, dict) else session}


def _raw(source: Source, kind: Kind) -> Iterator[tuple[str, RawRow]]:
    match source:
        case FileRows():
            path = Path(source.path)
            if path.suffix == ".parquet":
                return _parquet(path)
            return read_csv(path) if is_csv(path) else read_json_lines(path, infinite=bool(source.map))
        case HubRows():
            return _hub(source)
        case GeneratedRows():
            return _generated(source, kind)
        case GymRows():
            return _gym(source)


def _generated(source: GeneratedRows, kind: Kind) -> Iterator[tuple[str, RawRow]]:
    from temper.recipes.generators import GENERATORS

    generator = GENERATORS[source.generator]
    made = (generator.problems if kind == "problems" else generator.examples)(
        source.split, source.skip + source.rows, source.data_seed
    )
    return ((f"generated {source.generator} {source.split}:{index}", row) for index, row in enumerate(made, 1))


def _gym(source: GymRows) -> Iterator[tuple[str, RawRow]]:
    from temper.recipes import reasoning_gym

    made = reasoning_gym.problems(source.dataset, source.skip + source.rows, source.data_seed, source.config)
    return ((f"reasoning_gym {source.dataset}:{index}", row) for index, row in enumerate(made, 1))


def _count(source: Source) -> int:
    """Rows of one pass over a source."""
    match source:
        case FileRows():
            total = _count_file(Path(source.path))
        case HubRows():
            total = _count_hub(source)
        case GeneratedRows() | GymRows():
            total = source.skip + source.rows
    end = _end(source)
    return max(0, (total if end is None else min(total, end)) - source.skip)


def is_csv(path: Path) -> bool:
    return path.name.endswith((".csv", ".csv.gz"))


def _count_file(path: Path) -> int:
    if is_csv(path):
        return sum(1 for _ in read_csv(path))  # a quoted field may hold newlines
    if path.suffix == ".parquet":
        count: int = _opened(path).metadata.num_rows
        return count
    try:
        with gzip.open(path) if path.suffix == ".gz" else _there(path).open("rb") as lines:
            return sum(1 for line in lines if line.strip())
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, "to its end", error) from error


def _count_hub(source: HubRows) -> int:
    loaded = _load(source)
    count: int | None
    if source.streaming:
        split = (loaded.info.splits or {}).get(source.split)
        count = split.num_examples if split else _end(source)
    else:
        count = len(loaded)
    if count is None:
        raise ValueError(
            f"{source.name}: a streamed set that does not say how many rows it has; set `rows`, or streaming: false"
        )
    return count


def _parquet(path: Path) -> Iterator[tuple[str, RawRow]]:
    require("parquet", str(path))
    import pyarrow as pa

    number = 0
    try:
        for batch in _opened(path).iter_batches(batch_size=_PARQUET_ROWS):
            for row in batch.to_pylist(maps_as_pydicts="strict"):
                number += 1
                yield f"{path}:{number}", row
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, f"after row {number}", error) from error


def _opened(path: Path) -> "pq.ParquetFile":
    """Raises ValueError for a file that is not there, or whose end, where its schema stands, is cut off."""
    require("parquet", str(path))
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(_there(path))
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, "at all", error) from error


def _damaged(path: Path, where: str, error: Exception) -> ValueError:
    said = " ".join(str(error).split())[:200]
    return ValueError(f"{path}: cannot be read {where}, got {said!r}; copy the whole file again")


def _there(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; check the path")
    return path


def _hub(source: HubRows) -> Iterator[tuple[str, RawRow]]:
    for number, row in enumerate(_load(source), 1):
        yield f"{source.name}@{source.revision[:7]}:{number}", row


def _load(source: HubRows) -> Any:
    """A set that is mapped from disk or, streamed, read as it arrives."""
    require("train", source.name)
    from datasets import load_dataset

    return load_dataset(
        source.name, source.config, split=source.split, revision=source.revision, streaming=source.streaming
    )
