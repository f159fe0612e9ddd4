"""reasoning-gym's generators (open-thought/reasoning-gym 0.1.25) as problems for `reasoning_gym`.

A row is a function of (dataset, configuration, data seed, index). Rows are made in a process of their own: five of the
generators walk over sets, so their rows would depend on the interpreter's hash seed, and some print as they go. The
package is an extra that only this needs; verdicts find it in the box.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from temper.verifiers.reasoning_gym import encoded
from temper.verifiers.rows import RawRow

VERSION = "0.1.25"
"""Of the package, and part of the identity of its rows."""
ASK = "Give your final answer, and nothing else, between <answer> and </answer>."
KNOWN = {
    "graph_color": "possible_answer",
    "propositional_logic": "example_answer",
    "rubiks_cube": "example_correct_answer",
}
"""Where the metadata holds a right answer of an entry that has none."""


def problems(dataset: str, rows: int, data_seed: int, config: Mapping[str, Any] | None = None) -> Iterator[RawRow]:
    """`rows` problems of a dataset. Raises ValueError without the package, and for a dataset or a configuration that
    it does not know."""
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps([dataset, rows, data_seed, dict(config or {})]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ValueError(last.removeprefix("ValueError: "))
    return map(json.loads, done.stdout.splitlines())


def main() -> None:
    """Reads what to make on stdin and writes a row a line."""
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        for row in made(*json.load(sys.stdin)):
            out.write(json.dumps(row) + "\n")


def made(dataset: str, rows: int, data_seed: int, config: Mapping[str, Any]) -> Iterator[RawRow]:
    generated = _dataset(dataset, {**config, "size": rows, "seed": data_seed})
    for index in range(rows):
        entry = generated[index]
        params = {"dataset": dataset, "entry": encoded(entry), **({"config": dict(config)} if config else {})}
        yield {
            "id": f"{dataset}-{data_seed}-{index}",
            "prompt": f"{entry['question'].strip()}\n\n{ASK}",
            "verifier": "reasoning_gym",
            "answer": _answer(entry["metadata"][KNOWN[dataset]]) if dataset in KNOWN else None,
            "params": params,
            "metadata": {"source": "reasoning_gym"},
        }


def _answer(known: Any) -> str:
    return known if isinstance(known, str) else json.dumps({str(key): value for key, value in known.items()})


def _dataset(name: str, config: dict[str, Any]) -> Any:
    try:
        package = importlib.import_module("reasoning_gym")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"reasoning_gym: no module {error.name!r}; pip install 'temper-rlvr[reasoning-gym]'"
        ) from error
    try:
        return package.create_dataset(name, **config)
    except (TypeError, ValueError, AssertionError) as error:
        raise ValueError(
            f"reasoning_gym: {name!r} with {config} cannot be made ({error}); correct the source"
        ) from error


if __name__ == "__main__":
    main()
