"""Sources to rows: local files, Hub sets, generated rows; as problems or as examples.

JSON Lines are read with `json`. In Parquet and Hub data the columns that may hold several types (`prompt`, `answer`,
`params`, `metadata`, `messages`, `tools`, `verifier`) may hold JSON text.
"""

import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from temper.policy.section import FileRows, GeneratedRows, GymRows, HubRows, Source
from temper.sandboxes.section import SandboxSection
from temper.sft.examples import Example, parse_example
from temper.verifiers.composition import with_row
from temper.verifiers.problem import Problem
from temper.verifiers.rows import Defaults, parse_problem, read_json_lines

Row = dict[str, Any]
Kind = Literal["problems", "examples"]

_JSON_COLUMNS = ("prompt", "answer", "params", "metadata", "messages", "tools", "verifier")


def problems(
    sources: Sequence[Source], defaults: Defaults | None = None, sandbox: SandboxSection | None = None
) -> list[Problem]:
    """All problems in order, each fit for the sandbox. Raises ValueError naming the row and the field; ids must be
    unique."""
    found: list[Problem] = []
    seen: dict[str, str] = {}
    for source in sources:
        for where, row in rows(source, "problems"):
            problem = parse_problem(row, where, defaults, sandbox)
            if problem.id in seen:
                raise ValueError(f"{where}: id: {problem.id!r} also stands at {seen[problem.id]}; make ids unique")
            seen[problem.id] = where
            found += [problem] * source.epochs
    if not found:
        raise ValueError("data: no problem in any source; check `skip` and `rows`")
    return found


def examples(sources: Sequence[Source]) -> list[Example]:
    """All examples in order, each as often as its source's `epochs` says. Raises ValueError."""
    found = [
        example
        for source in sources
        for where, row in rows(source, "examples")
        for example in [parse_example(row, where)] * source.epochs
    ]
    if not found:
        raise ValueError("data: no example in any source; check `skip` and `rows`")
    return found


def rows(source: Source, kind: Kind) -> Iterator[tuple[str, Row]]:
    """(`where`, row) of one source, after `skip`, `rows`, `map` and `verifier`."""
    mapped = _mapping(source.map)
    end = None if source.rows is None else source.skip + source.rows
    for where, row in islice(_raw(source, kind), source.skip, end):
        yield where, _judged_by(source.verifier, mapped(row)) if kind == "problems" else mapped(row)


def _judged_by(spec: str | dict[str, Any] | None, row: Row) -> Row:
    if spec is None:
        return row
    if isinstance(spec, str):
        return {**row, "verifier": spec}
    return {key: value for key, value in row.items() if key != "params"} | {"verifier": with_row(spec, row)}


def _raw(source: Source, kind: Kind) -> Iterator[tuple[str, Row]]:
    match source:
        case FileRows():
            path = Path(source.path)
            if path.suffix == ".parquet":
                return _parquet(path)
            return read_json_lines(path)
        case HubRows():
            return _hub(source)
        case GeneratedRows():
            return _generated(source, kind)
        case GymRows():
            return _gym(source)


def _generated(source: GeneratedRows, kind: Kind) -> Iterator[tuple[str, Row]]:
    from temper.recipes import tiny

    make = tiny.problems if kind == "problems" else tiny.examples
    made = make(source.split, source.skip + source.rows, source.data_seed)
    return ((f"generated {source.generator} {source.split}:{index}", row) for index, row in enumerate(made, 1))


def _gym(source: GymRows) -> Iterator[tuple[str, Row]]:
    from temper.recipes import reasoning_gym

    made = reasoning_gym.problems(source.dataset, source.skip + source.rows, source.data_seed, source.config)
    return ((f"reasoning_gym {source.dataset}:{index}", row) for index, row in enumerate(made, 1))


def _parquet(path: Path) -> Iterator[tuple[str, Row]]:
    import pyarrow.parquet as pq

    if not path.is_file():
        raise ValueError(f"{path}: no such file; check the path")
    number = 0
    for batch in pq.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            number += 1
            yield f"{path}:{number}", _decoded(row)


def _hub(source: HubRows) -> Iterator[tuple[str, Row]]:
    from datasets import load_dataset

    loaded = load_dataset(source.name, source.config, split=source.split, revision=source.revision)
    for number, row in enumerate(loaded, 1):
        yield f"{source.name}@{source.revision[:7]}:{number}", _decoded(dict(row))


def _decoded(row: Row) -> Row:
    """JSON text of the columns that may hold several types becomes what it says; a null column is absent."""
    decoded = {key: value for key, value in row.items() if value is not None}
    for key in _JSON_COLUMNS:
        value = decoded.get(key)
        if isinstance(value, str) and value[:1] in '[{"':
            try:
                decoded[key] = json.loads(value)
            except ValueError:
                continue  # plain text that only looks like JSON
    return decoded


def _mapping(name: str | None) -> Callable[[Row], Row]:
    if name is None:
        return lambda row: row
    module, _, function = name.partition(":")
    try:
        found: Callable[[Row], Row] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"map: cannot load {name!r} ({error}); write package.module:function") from error
    return found
