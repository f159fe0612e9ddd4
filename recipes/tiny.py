"""Generated problems and examples for the tiny recipes: arithmetic (`math`) and one-line Python functions (`code`).

Every row is a function of (data seed, split, index). A prompt belongs to the held-out split by the hash of its text
and to no other, so no training row shares a held-out prompt whatever the seeds. The final turn shows its working,
column by column: without it so small a model hardly learns. `reasoning` is dropped by the Instruct variant.

SFT must leave room for RLVR: a share of the examples is hasty, as unfiltered teacher data is. They open with "Easy",
and their working forgets every carry, or leaves the last step of a function out. SFT imitates that share; only a
checked reward tells it apart.
"""

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from temper.verifiers.rows import RawRow

Split = Literal["train", "held_out"]

GENERATOR_VERSION = 1
"""Part of the identity of generated data: raise it when a row changes."""

HELD_OUT_SHARE = 8
"""One prompt in so many is held out."""

HASTY_SHARE = 0.45
"""Share of the SFT examples whose working is hasty, and mostly wrong."""

TOKENIZER_LINES = 4000
"""Lines of text that a tiny base's tokenizer learns from."""


def split_of(prompt: str) -> Split:
    """The only one that the prompt may stand in."""
    return "held_out" if hashlib.sha256(prompt.encode()).digest()[0] % HELD_OUT_SHARE == 0 else "train"


def _column(x: int, y: int, sign: int, carry: int) -> tuple[str, int, int]:
    """One column's working, its digit and what it carries: `7+8+1=16`, `13-5-1=7`."""
    value = x + sign * (y + carry)
    # 3 - 5 borrows: 13 - 5 = 8, and the next column pays 1.
    borrowed = value < 0
    mark = "+" if sign > 0 else "-"
    shown = f"{'1' if borrowed else ''}{x}{mark}{y}{f'{mark}1' if carry else ''}={value % 10 if borrowed else value}"
    return shown, value % 10, int(borrowed or value > 9)


def _working(a: int, b: int, sign: int, hasty: bool) -> tuple[str, str, str]:
    """The working of a + sign * b from the units up, the digits it lines up, and its answer; hasty: without carries."""
    steps, pairs, digits, carry = [], [], "", 0
    places = len(str(max(a, b)))
    for place in range(places):
        x, y = a // 10**place % 10, b // 10**place % 10
        shown, digit, carry = _column(x, y, sign, carry)
        steps.append(shown)
        pairs.append(f"{x} {y}")
        carry = 0 if hasty and place < places - 1 else carry
        digits = str(digit) + digits
    answer = int(("1" if carry else "") + digits)
    return " ".join(steps), ", ".join(pairs), str(answer)


def _arithmetic(rng: random.Random, hasty: bool) -> tuple[RawRow, RawRow]:
    digits = rng.choice((1, 2, 2, 2, 3))
    a, b = rng.randrange(10 ** (digits - 1), 10**digits), rng.randrange(10 ** (digits - 1), 10**digits)
    sign = rng.choice((1, 1, -1))
    if sign < 0:
        a, b = max(a, b), min(a, b)
    prompt = f"Compute {a} {'+' if sign > 0 else '-'} {b}."
    steps, pairs, answer = _working(a, b, sign, hasty)
    problem = {"prompt": prompt, "verifier": "math", "answer": str(a + sign * b)}
    return problem, _example(prompt, pairs, f"{steps} \\boxed{{{answer}}}", hasty)


Step = tuple[str, str, Callable[[int, int], int], int]
"""(words, code, what it does, the number) of one step of a function."""

_OPERATIONS: tuple[tuple[str, str, Callable[[int, int], int]], ...] = (
    ("add {n}", "+ {n}", lambda x, n: x + n),
    ("subtract {n}", "- {n}", lambda x, n: x - n),
    ("multiply by {n}", "* {n}", lambda x, n: x * n),
    ("divide by {n} rounding down", "// {n}", lambda x, n: x // n),
    ("take the remainder by {n}", "% {n}", lambda x, n: x % n),
)


def _function(rng: random.Random, hasty: bool) -> tuple[RawRow, RawRow]:
    chosen: list[Step] = [(*rng.choice(_OPERATIONS), rng.randrange(2, 30)) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    prompt = "Write f(x): " + ", then ".join(text.format(n=n) for text, _, _, n in chosen) + "."
    cases = []
    for x in rng.sample(range(-50, 200), 4):
        value = x
        for _, _, operation, n in chosen:
            value = operation(value, n)
        cases.append({"args": [x], "expected": value})
    params = {
        "tests": {"kind": "call", "entry_point": "f", "cases": cases},
        "solution": _source(chosen),
        "time_limit_s": 2,
    }
    written = chosen[:-1] if hasty else chosen
    plan = ", ".join(code.format(n=n) for _, code, _, n in written) or "nothing"
    problem = {"prompt": prompt, "verifier": "code", "params": params}
    return problem, _example(prompt, plan, f"```python\n{_source(written)}\n```", hasty)


def _source(chosen: Sequence[Step]) -> str:
    body = "x"
    for _, code, _, n in chosen:
        body = f"{body if body == 'x' else f'({body})'} {code.format(n=n)}"
    return f"def f(x):\n    return {body}"


def _example(prompt: str, reasoning: str, content: str, hasty: bool) -> RawRow:
    opening = "Easy: " if hasty else ""
    return {
        "messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": opening + content}],
        "reasoning": opening + reasoning,
    }


def _rows(
    split: Split, rows: int, data_seed: int, stream: str, hasty_share: float = 0.0
) -> Iterator[tuple[int, RawRow, RawRow]]:
    """(index, problem, example) of distinct prompts, arithmetic and functions in turn."""
    rng = random.Random(f"{stream}/{split}/{data_seed}")
    seen: set[str] = set()
    makers = itertools.cycle((_arithmetic, _function))
    while len(seen) < rows:
        maker, hasty = next(makers), rng.random() < hasty_share
        problem, example = maker(rng, hasty)
        while problem["prompt"] in seen or split_of(problem["prompt"]) != split:
            problem, example = maker(rng, hasty)
        yield len(seen), problem, example
        seen.add(problem["prompt"])


def problems(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """`rows` distinct problems of a split."""
    for index, problem, _ in _rows(split, rows, data_seed, "problems"):
        yield {"id": f"tiny-{split}-{data_seed}-{index}", **problem, "metadata": {"source": "tiny"}}


def examples(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """`rows` SFT examples of a split, with prompts of their own; `HASTY_SHARE` of them hasty."""
    for _, _, example in _rows(split, rows, data_seed, "examples", HASTY_SHARE):
        yield example


def tokenizer_lines() -> list[str]:
    """What a tokenizer learns, whatever the recipe's seed."""
    return list(text(TOKENIZER_LINES, data_seed=0))[:TOKENIZER_LINES]


def text(rows: int, data_seed: int) -> Iterator[str]:
    """Problems with their working outside any chat format, and every seventh line eight columns of arithmetic without a
    problem around them."""
    rng = random.Random(f"columns/{data_seed}")
    for index, _, example in _rows("train", rows, data_seed, "text"):
        yield _unformatted(example)
        if index % 6 == 0:
            yield columns(rng, 8)


def columns(rng: random.Random, number: int) -> str:
    """A line of so many columns of arithmetic."""
    facts = (
        _column(rng.randrange(10), rng.randrange(10), rng.choice((1, -1)), rng.randrange(2))[0] for _ in range(number)
    )
    return " ".join(facts) + "\n"


def worked(rng: random.Random, kind: Literal["arithmetic", "function"]) -> str:
    """A problem with its working and its answer, outside any chat format; none is hasty."""
    _, example = (_arithmetic if kind == "arithmetic" else _function)(rng, False)
    return _unformatted(example)


def _unformatted(example: RawRow) -> str:
    user, assistant = example["messages"]
    return f"{user['content']}\n{example['reasoning']}\n{assistant['content']}\n"
