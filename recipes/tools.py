"""Generated problems and examples that want tools: products (`python`) and sums over a table (`tables`).

So small a model multiplies no two three-digit numbers in its head, and a table it never sees. It can write the call and
copy the result: copying is what its base has learned, from the conversations of `calls`, in which every number is said
again as many tokens later as it will be in SFT (so every answer has six digits). As in `recipes.tiny`, SFT must leave
room for RLVR: a share of the examples is hasty. They open with "Easy" and guess instead of calling; only a checked
reward tells them apart.

Every row is a function of (data seed, split, index), and a prompt belongs to one split. The rows name their functions
in fewer words than the sessions do, for each prompt holds them.
"""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from temper.recipes.tiny import TOKENIZER_LINES, Split, split_of
from temper.verifiers.rows import RawRow

VERSION = 2
"""Part of the identity of generated data: raise it when a row changes."""
HASTY_SHARE = 0.4
"""Share of the SFT examples that guess."""

TABLES = ("fruit", "tools", "books", "lamps", "shoes", "seeds")
AMOUNTS = ("price", "weight", "stock", "sold")
PLACES = ("shop", "shelf", "crate")


def _function(name: str, *arguments: str) -> dict[str, Any]:
    properties = {argument: {"type": "string"} for argument in arguments}
    parameters = {"type": "object", "properties": properties, "required": list(arguments)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


PYTHON = _function("python", "code")
SUM = _function("sum_column", "table", "column", "where_column", "where_value")


def _product(rng: random.Random) -> tuple[RawRow, dict[str, Any]]:
    """A problem and the call that solves it."""
    a, b = rng.randrange(320, 1000), rng.randrange(320, 1000)
    problem = {
        "prompt": f"Compute {a} * {b}.", "verifier": "math", "answer": str(a * b),
        "session": {"kind": "python"}, "tools": [PYTHON],
    }  # fmt: skip
    return problem, {"name": "python", "arguments": {"code": f"{a} * {b}"}}


def _sum(rng: random.Random) -> tuple[RawRow, dict[str, Any]]:
    table, column, place = rng.choice(TABLES), rng.choice(AMOUNTS), rng.choice(PLACES)
    wanted, other = rng.sample(range(100, 1000), 2)
    # Two rows to ten, some of another place, so that no other sum is the answer's.
    rows = [
        {place: wanted if i < 2 or rng.random() < 0.6 else other, column: rng.randrange(50_000, 100_000)}
        for i in range(rng.randrange(2, 11))
    ]
    rng.shuffle(rows)
    answer = sum(row[column] for row in rows if row[place] == wanted)
    problem = {
        "prompt": f"Sum {column} of {table} in {place} {wanted}.", "verifier": "math", "answer": str(answer),
        "session": {"kind": "tables", "set": "row", "tables": {table: rows}}, "tools": [SUM],
    }  # fmt: skip
    arguments = {"table": table, "column": column, "where_column": place, "where_value": str(wanted)}
    return problem, {"name": "sum_column", "arguments": arguments}


def _rows(split: Split, rows: int, data_seed: int, stream: str) -> Iterator[tuple[int, RawRow, dict[str, Any]]]:
    """(index, problem, its call) of distinct prompts, products and sums in turn."""
    rng = random.Random(f"tools/{stream}/{split}/{data_seed}")
    seen: set[str] = set()
    for make in itertools.cycle((_product, _sum)):
        if len(seen) == rows:
            return
        problem, call = make(rng)
        while problem["prompt"] in seen or split_of(problem["prompt"]) != split:
            problem, call = make(rng)
        yield len(seen), problem, call
        seen.add(problem["prompt"])


def problems(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """`rows` distinct problems of a split."""
    for index, problem, _ in _rows(split, rows, data_seed, "problems"):
        yield {"id": f"tools-{split}-{data_seed}-{index}", **problem, "metadata": {"source": "tools"}}


def examples(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """`rows` SFT examples of a split, with prompts of their own; `HASTY_SHARE` of them guess."""
    rng = random.Random(f"tools/hasty/{split}/{data_seed}")
    for _, problem, call in _rows(split, rows, data_seed, "examples"):
        asked = {"role": "user", "content": problem["prompt"]}
        if rng.random() < HASTY_SHARE:
            said: list[dict[str, Any]] = [_assistant(f"Easy: \\boxed{{{_guess(rng, problem['answer'])}}}")]
        else:
            result = {"role": "tool", "content": problem["answer"]}
            said = [_assistant("", call), result, _assistant(f"\\boxed{{{problem['answer']}}}")]
        yield {"messages": [asked, *said], "tools": problem["tools"]}


def _assistant(content: str, *calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **({"tool_calls": list(calls)} if calls else {})}


def _guess(rng: random.Random, answer: str) -> str:
    """A number of as many digits."""
    return str(rng.randrange(10 ** (len(answer) - 1), 10 ** len(answer)))


def calls(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """Rows to pre-train on: a question, its call, the result and the answer, without functions and guesses, which are
    SFT's to add. Every twentieth is the words around the functions."""
    for index, problem, call in _rows(split, rows, data_seed, "text"):
        said = [_assistant("", call), {"role": "tool", "content": problem["answer"]}, _assistant(_boxed(problem))]
        dialogue = {"messages": [{"role": "user", "content": problem["prompt"]}, *said]}
        yield dialogue if index % 20 else {"text": _words(problem)}


def tokenizer_lines() -> list[str]:
    """What a tokenizer learns, whatever the recipe's seed: such rows in the chat format."""
    return list(_lines())[:TOKENIZER_LINES]


def _lines() -> Iterator[str]:
    for index, problem, call in _rows("train", TOKENIZER_LINES, 0, "text"):
        turns = (
            ("user", problem["prompt"]), ("assistant", f"<tool_call>\n{json.dumps(call)}\n</tool_call>"),
            ("user", f"<tool_response>\n{problem['answer']}\n</tool_response>"), ("assistant", _boxed(problem)),
        )  # fmt: skip
        yield "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in turns)
        if index % 20 == 0:
            yield _words(problem)


def _boxed(problem: RawRow) -> str:
    return f"\\boxed{{{problem['answer']}}}"


def _words(problem: RawRow) -> str:
    functions = "\n".join(map(json.dumps, (PYTHON, SUM)))
    return f"{functions}\nEasy: {_boxed(problem)}\n{_AROUND}\n"


_AROUND = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "Function signatures, one a line, stand inside :\n\n\nFor each call, write a JSON object with its name and "
    'arguments inside :\n{"name": <function name>, "arguments": <arguments object>}'
)
"""What the chat template says of functions, without its control tokens."""
