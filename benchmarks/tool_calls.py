"""`tool_calls` on BFCL's rows: the listed calls and every accepted value in each form, and eight mutations.

    python benchmarks/tool_calls.py ../shared/data/tool_calls.jsonl.gz

Prints one JSON line. A mutation that a row offers no place for (no text whose punctuation could change) is not counted.
"""

import argparse
import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from temper.rows.benchmarks.bfcl import problem
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem, read_json_lines
from temper.verifiers.table import verifier_for

Calls = list[dict[str, Any]]
Mutation = Callable[[Problem, Calls], Calls | None]


def hermes(calls: Calls) -> str:
    return "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


def openai(calls: Calls) -> str:
    made = [{"name": call["name"], "arguments": json.dumps(call["arguments"])} for call in calls]
    return json.dumps([{"id": f"call_{i}", "type": "function", "function": call} for i, call in enumerate(made)])


def listed(row: Problem) -> Iterator[Calls]:
    """The answer, and the answer with each accepted value of each argument in its place."""
    yield row.answer
    for i, accept in enumerate(row.params["accept"]):
        for argument, values in accept.items():
            for other in values:
                calls = copy.deepcopy(row.answer)
                calls[i]["arguments"][argument] = other
                yield calls


def name(row: Problem, calls: Calls) -> Calls | None:
    calls[-1]["name"] += "_"
    return calls


def missing(row: Problem, calls: Calls) -> Calls | None:
    call = next((call for call in calls if call["arguments"]), None)
    if call is None:
        return None
    call["arguments"].popitem()
    return calls


def extra(row: Problem, calls: Calls) -> Calls | None:
    calls[0]["arguments"]["verbose_"] = True
    return calls


def kind(row: Problem, calls: Calls) -> Calls | None:
    """A number becomes its text, a text a list of it."""
    return _changed(calls, lambda v: [v] if isinstance(v, str) else json.dumps(v))


def value(row: Problem, calls: Calls) -> Calls | None:
    def other(v: Any) -> Any:
        if isinstance(v, bool):
            return not v
        if isinstance(v, int | float):
            return v + 7919
        return [*v, v[-1]] if isinstance(v, list) and v else f"{v} q"

    return _changed(calls, other)


def nesting(row: Problem, calls: Calls) -> Calls | None:
    calls[0]["arguments"] = {"arguments": calls[0]["arguments"]}
    return calls


def punctuation(row: Problem, calls: Calls) -> Calls | None:
    """A text with a mark more: what a checker that strips punctuation takes for the same."""
    place = next(((c["arguments"], k) for c in calls for k, v in c["arguments"].items() if isinstance(v, str)), None)
    if place is None:
        return None
    place[0][place[1]] += ";"
    return calls


def duplicated(row: Problem, calls: Calls) -> Calls | None:
    return [*calls, calls[-1]]


def _changed(calls: Calls, other: Callable[[Any], Any]) -> Calls | None:
    call = next((call for call in calls if call["arguments"]), None)
    if call is None:
        return None
    first = next(iter(call["arguments"]))
    call["arguments"][first] = other(call["arguments"][first])
    return calls


FORMS = (hermes, openai)
MUTATIONS: tuple[Mutation, ...] = (name, missing, extra, kind, value, nesting, punctuation, duplicated)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    rows = [parse_problem(problem(row), where) for where, row in read_json_lines(parser.parse_args().file)]
    accepted, refused, tried = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        verifier = verifier_for(row)
        for form in FORMS:
            for calls in listed(row):
                tried[form.__name__] += 1
                accepted[form.__name__] += verifier.verify(row, form(calls)).score == 1.0
            for mutation in MUTATIONS:
                mutated = mutation(row, copy.deepcopy(row.answer))
                if mutated is not None:
                    tried[mutation.__name__] += 1
                    refused[mutation.__name__] += verifier.verify(row, form(mutated)).score == 0.0
    shares = [{key: f"{count} of {tried[key]}" for key, count in counts.items()} for counts in (accepted, refused)]
    print(json.dumps({"rows": len(rows), "accepted": shares[0], "refused": shares[1]}))


if __name__ == "__main__":
    main()
