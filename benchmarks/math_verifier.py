"""The `math` verifier beside Math-Verify: right and wrong pairs, near misses, rewrites, cost; one JSON line.

    python benchmarks/math_verifier.py ../shared/data

Reads `math_hard_pairs.jsonl`, `math_public_pairs.jsonl` and GSM8K. Near misses are answers changed in sign, digit, by
one, in an interval's end or by an element; rewrites keep the value. Both are drawn by seed from the answers that our
reader takes. Math-Verify judges in a process of its own with a time limit, since it can hang off the main thread.
"""

import argparse
import json
import multiprocessing
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from temper.rows.gsm8k import worked
from temper.verifiers.problem import Problem
from temper.verifiers.rows import read_json_lines
from temper.verifiers.table import verifier_for

NEAR, PEER_S = 20_000, 5.0
NASTY = {
    "9^{9^9}": "9^{9^9}", "1000000!": "1000000!", "nested powers": "2^" * 200 + "2",
    "3,000 brackets": "(" * 3000 + "1" + ")" * 3000, "200,000 digits": "9" * 200_000, "nested factorials": "((9!)!)!",
    "a long sum": "+".join(["1"] * 2000), "a long product": "(x+1)" * 200, "roots": "\\sqrt{" * 300 + "2" + "}" * 300,
    "deep fractions": "\\frac{1}{" * 300 + "2" + "}" * 300, "a large power of a sum": "(a+b+c+d)^{60}",
    "binomials": "\\binom{10^9}{10^8}", "1e999999999": "1e999999999", "commas": "1," * 2000, "signs": "\\pm 1" * 12,
    "sines": "\\sin(" * 200 + "1" + ")" * 200, "letters": "abcdefghij" * 400, "a large base": "(10^{4000}+1)^{64}",
}  # fmt: skip


def judged(answer: object, completion: str) -> bool:
    problem = Problem(id="p", prompt="q", verifier="math", answer=answer)
    return verifier_for(problem).verify(problem, completion).score == 1.0


def near_misses(answers: Sequence[str], draw: random.Random) -> Iterator[tuple[str, str]]:
    changes: list[Callable[[str], str]] = [
        lambda a: a[1:] if a.startswith("-") else f"-{a}",
        lambda a: _at_a_digit(a, draw, lambda d: str((int(d) + draw.randint(1, 9)) % 10)),
        lambda a: _at_a_digit(a, draw, lambda d: d + str(draw.randint(0, 9))),
        lambda a: re.sub(r"\d+", lambda m: str(int(m.group()) + draw.choice((1, -1))), a, count=1),
        lambda a: a.translate(str.maketrans("([)]", "[(])")) if re.match(r"^[\[(].*,.*[\])]$", a) else a,
        lambda a: ",".join(a.split(",")[:-1]) if "," in a and not re.search(r"\d,\d{3}", a) else a,
    ]
    while True:
        answer = draw.choice(answers)
        changed = draw.choice(changes)(answer)
        if changed and _numbers(changed) != _numbers(answer) and not re.match(r"-(?:0|\\pm)", changed):
            yield answer, changed


def _at_a_digit(text: str, draw: random.Random, change: Callable[[str], str]) -> str:
    places = [m.start() for m in re.finditer(r"\d", text)]
    if not places:
        return text
    place = draw.choice(places)
    return text[:place] + change(text[place]) + text[place + 1 :]


def _numbers(text: str) -> list[Fraction | str]:
    """The numbers of a text by value and the rest as text: `05` is no near miss of `5`, nor `1.50` of `1.5`."""
    parts = re.split(r"(\d+(?:\.\d+)?)", re.sub(r"\s|(?<=\d),(?=\d{3}(?!\d))", "", text))
    return [Fraction(part) if i % 2 else part for i, part in enumerate(parts)]


def rewrites(answer: str) -> Iterator[str]:
    yield f"  {answer} "
    yield f"${answer}$"
    yield f"\\boxed{{{answer}}}"
    yield f"The answer is {answer}"
    yield answer.replace("\\frac", "\\dfrac")
    yield answer.replace("-", "\u2212")
    yield answer.replace("\\pi", "\u03c0").replace("\\infty", "\u221e").replace("\\cup", "\u222a")
    yield answer.replace("+", " + ").replace("=", " = ")
    terms = re.fullmatch(r"([A-Za-z0-9\\{}^]+)\+([A-Za-z0-9\\{}^]+)", answer)
    if terms and "\\pm" not in answer:
        yield f"{terms[2]}+{terms[1]}"
    fraction = re.fullmatch(r"\\frac\{(\d{1,5})\}\{(\d{1,5})\}|(\d{1,5})/(\d{1,5})", answer)
    if fraction:
        top, bottom = (int(part) for part in fraction.groups() if part is not None)
        if bottom and set(_primes(Fraction(top, bottom).denominator)) <= {2, 5}:
            yield f"{top / bottom:.12f}".rstrip("0").rstrip(".")


def _primes(n: int) -> Iterator[int]:
    for prime in (2, 5):
        while n % prime == 0:
            n //= prime
            yield prime
    if n > 1:
        yield n


class MathVerify:
    """The peer in a child process; a verdict that takes too long is None and costs the child."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.child = multiprocessing.get_context("spawn").Process(target=_peer, args=(theirs,), daemon=True)
        self.child.start()
        self.pipe.recv()

    def judged(self, answer: str, completion: str) -> bool | None:
        self.pipe.send((answer, completion))
        if self.pipe.poll(PEER_S):
            verdict: bool = self.pipe.recv()
            return verdict
        self.child.kill()
        self._start()
        return None


def _peer(pipe: Connection) -> None:
    from math_verify import parse, verify

    pipe.send(True)
    while True:
        answer, completion = pipe.recv()
        try:
            pipe.send(bool(verify(parse(f"${answer}$"), parse(f"${completion}$"))))
        except Exception:  # the peer's failures are refusals
            pipe.send(False)


def pairs(path: Path, does: Callable[[str, str], bool | None]) -> dict[str, Any]:
    found: dict[bool, list[bool]] = {True: [], False: []}
    times = []
    for _, row in read_json_lines(path):
        start = time.perf_counter()
        found[row["right"]].append(does(row["answer"], row["completion"]) is True)
        times.append(time.perf_counter() - start)
    right, wrong = found[True], found[False]
    return {
        "right_accepted": f"{sum(right)} of {len(right)}",
        "wrong_refused": f"{len(wrong) - sum(wrong)} of {len(wrong)}",
        "p50_ms": round(statistics.median(times) * 1e3, 2),
        "p99_ms": round(statistics.quantiles(times, n=100)[98] * 1e3, 1),
    }


def cost_ms(answer: str, completion: str, repeats: int = 2000) -> float:
    """CPU milliseconds of one verdict."""
    judged(answer, completion)
    start = time.process_time()
    for _ in range(repeats):
        judged(answer, completion)
    return round((time.process_time() - start) / repeats * 1e3, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    draw = random.Random(0)
    gsm8k = [worked(row) for part in ("train", "test") for _, row in read_json_lines(data / f"gsm8k_{part}.jsonl.gz")]
    hard = [
        re.sub(r"\$|\\[\[\]]", "", row["answer"]).strip()
        for _, row in read_json_lines(data / "math_hard_pairs.jsonl")
        if row["right"]
    ]
    readable = [answer for answer in hard if len(answer) < 80 and not re.search(r"[A-Za-z]{4}\s", answer)]
    answers = [final for _, final in gsm8k] + readable * (len(gsm8k) // len(readable))
    misses = [next(stream) for stream in [near_misses(answers, draw)] for _ in range(NEAR)]
    taken = [(a, m) for a, m in misses if judged(a, m)]
    kept = [(a, r) for a in {*draw.sample([f for _, f in gsm8k], 1000), *readable} for r in rewrites(a)]
    lost = [(a, r) for a, r in kept if not judged(a, r)]
    peer = MathVerify()
    nasty = {}
    for name, text in NASTY.items():
        start = time.perf_counter()
        judged(text, f"\\boxed{{{text}}}"), judged("72", f"\\boxed{{{text}}}"), judged(text[:-1] or "1", text)
        nasty[name] = round((time.perf_counter() - start) / 3 * 1e3, 1)
    names = ("math_hard_pairs", "math_public_pairs")
    print(
        json.dumps(
            {
                "ours": {name: pairs(data / f"{name}.jsonl", judged) for name in names},
                "math_verify": {name: pairs(data / f"{name}.jsonl", peer.judged) for name in names},
                "gsm8k_self": f"{sum(judged(f, f'{s} #### {f}') for s, f in gsm8k)} of {len(gsm8k)}",
                "near_misses": {"made": len(misses), "accepted": len(taken), "which": taken[:20]},
                "rewrites": {"made": len(kept), "refused": len(lost), "which": lost[:20]},
                "cost_ms": {
                    "integer": cost_ms("72", "\\boxed{72}"),
                    "fraction": cost_ms("\\frac{3}{4}", "\\boxed{6/8}"),
                    "nasty_worst": max(nasty.values()),
                    "nasty": nasty,
                },
            }
        )
    )


if __name__ == "__main__":
    main()
