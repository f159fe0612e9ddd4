"""Verifiers made of verifiers: a weighted sum, and a gate before a score.

Each part has `params` of its own and judges the same completion against the row's `answer`. A part that
abstains makes the whole abstain: a score with a missing part would mean something else on every row. The verdict
tells each part's score apart. A source of a recipe may judge its rows by a composition in which the name `row` stands
for the verifier that the row itself names.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from temper.mistakes import nearest, shortened
from temper.sandboxes.job import Sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchange, Exchanges
from temper.verifiers.verdict import Verdict, abstained, scored
from temper.verifiers.verifier import Probe, Verifier

ROW = "row"
"""Stands for the row's own verifier in the composition of a source."""
MAX_DEPTH = 4
"""Compositions inside compositions."""


class Part(Verifier):
    """One verifier of a composition, with the row as that verifier would see it alone."""

    label: str
    """What it is called in details and metrics; its own among its neighbours."""
    spec: str | dict[str, Any]
    verifier: Verifier
    params: dict[str, Any]
    weight: float = Field(1.0, gt=0, le=1)

    def alone(self, problem: Problem) -> Problem:
        return problem.model_copy(update={"verifier": self.spec, "params": self.params})

    def reads_turns(self, problem: Problem) -> bool:
        return self.verifier.reads_turns(self.alone(problem))

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return self.verify_turns(problem, (Exchange(completion),), sandbox)

    def verify_turns(self, problem: Problem, turns: Exchanges, sandbox: Sandbox | None = None) -> Verdict:
        alone = self.alone(problem)
        if self.verifier.reads_turns(alone):
            return self.verifier.verify_turns(alone, turns, sandbox)
        return self.verifier.verify(alone, turns[-1].text, sandbox)

    def check(self, problem: Problem) -> None:
        self.verifier.check(self.alone(problem))

    def check_sandbox(self, problem: Problem, section: SandboxSection) -> None:
        self.verifier.check_sandbox(self.alone(problem), section)

    def longest_s(self, problem: Problem) -> float:
        return self.verifier.longest_s(self.alone(problem))

    def unread(self, problem: Problem) -> str | None:
        reason = self.verifier.unread(self.alone(problem))
        return None if reason is None else f"{self.label}: {reason}"


def _apart(part: Part, verdict: Verdict) -> dict[str, float]:
    inner = {f"{part.label}.{name}": score for name, score in verdict.parts.items()}
    return inner if verdict.score is None else {part.label: verdict.score, **inner}


def _expectations(problem: Problem, parts: Sequence[Part]) -> Iterator[tuple[str, str, list[float | None]]]:
    """(name, completion, what each part expects of it) for the probes of all parts; None where one says nothing."""
    said = [
        {text: (f"{part.label}: {name}", score) for name, text, score in part.verifier.probes(part.alone(problem))}
        for part in parts
    ]
    for text in dict.fromkeys(text for probes in said for text in probes):
        name = next(probes[text][0] for probes in said if text in probes)
        yield name, text, [probes[text][1] if text in probes else None for probes in said]


class Sum(Verifier):
    """The sum of weight x score; the weights add up to 1."""

    parts: tuple[Part, ...]

    def reads_turns(self, problem: Problem) -> bool:
        return any(part.reads_turns(problem) for part in self.parts)

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return self.verify_turns(problem, (Exchange(completion),), sandbox)

    def verify_turns(self, problem: Problem, turns: Exchanges, sandbox: Sandbox | None = None) -> Verdict:
        total, details = 0.0, []
        apart: dict[str, float] = {}
        for part in self.parts:
            verdict = part.verify_turns(problem, turns, sandbox)
            if verdict.score is None:
                return abstained(f"{part.label}: {verdict.detail}")
            total += part.weight * verdict.score
            apart |= _apart(part, verdict)
            details.append(f"{part.label} {verdict.score:.2f}" + (f" ({verdict.detail})" if verdict.detail else ""))
        return scored(min(1.0, max(0.0, total)), "; ".join(details), apart)

    def probes(self, problem: Problem) -> list[Probe]:
        """What all parts agree on."""
        return [
            (name, text, wanted[0] if len(set(wanted)) == 1 else None)
            for name, text, wanted in _expectations(problem, self.parts)
        ]

    def check(self, problem: Problem) -> None:
        for part in self.parts:
            part.check(problem)

    def check_sandbox(self, problem: Problem, section: SandboxSection) -> None:
        for part in self.parts:
            part.check_sandbox(problem, section)

    def longest_s(self, problem: Problem) -> float:
        return sum(part.longest_s(problem) for part in self.parts)

    def unread(self, problem: Problem) -> str | None:
        return next(filter(None, (part.unread(problem) for part in self.parts)), None)


class Gate(Verifier):
    """The score of `then` where `gate` scores 1, else 0."""

    gate: Part
    then: Part

    def reads_turns(self, problem: Problem) -> bool:
        return self.gate.reads_turns(problem) or self.then.reads_turns(problem)

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return self.verify_turns(problem, (Exchange(completion),), sandbox)

    def verify_turns(self, problem: Problem, turns: Exchanges, sandbox: Sandbox | None = None) -> Verdict:
        gate = self.gate.verify_turns(problem, turns, sandbox)
        if gate.outcome == "abstained":
            return abstained(f"gate {self.gate.label}: {gate.detail}")
        if gate.score != 1.0:
            detail = f"gate {self.gate.label} scored {gate.score:.2f}: {gate.detail}"
            return scored(0.0, detail, _apart(self.gate, gate))
        then = self.then.verify_turns(problem, turns, sandbox)
        if then.score is None:
            return then
        return scored(then.score, then.detail, _apart(self.gate, gate) | _apart(self.then, then))

    def probes(self, problem: Problem) -> list[Probe]:
        """0 where either part expects 0, 1 where both expect 1."""
        return [
            (name, text, 0.0 if 0.0 in wanted else 1.0 if set(wanted) == {1.0} else None)
            for name, text, wanted in _expectations(problem, (self.gate, self.then))
        ]

    def check(self, problem: Problem) -> None:
        self.gate.check(problem)
        self.then.check(problem)

    def check_sandbox(self, problem: Problem, section: SandboxSection) -> None:
        self.gate.check_sandbox(problem, section)
        self.then.check_sandbox(problem, section)

    def longest_s(self, problem: Problem) -> float:
        return self.gate.longest_s(problem) + self.then.longest_s(problem)

    def unread(self, problem: Problem) -> str | None:
        return self.gate.unread(problem) or self.then.unread(problem)


Named = Callable[[str, Mapping[str, Any], str], Verifier]
"""The table's: (name, params, field that they stand in) to a verifier."""


def compose(spec: Mapping[str, Any], at: str, named: Named, depth: int = 1) -> Verifier:
    """`{"sum": [parts]}` or `{"gate": part, "then": part}`; a part is `{"verifier", "weight"?, "params"?}`, and `named`
    makes the verifier that it names."""
    if depth > MAX_DEPTH:
        raise ValueError(f"field '{at}verifier': nested {depth} deep, at most {MAX_DEPTH}; flatten it")
    keys = set(spec)
    if keys == {"gate", "then"}:
        gate, then = _told_apart(
            [_part(spec[key], f"{at}verifier.{key}", named, depth, weighted=False) for key in ("gate", "then")]
        )
        return Gate(gate=gate, then=then)
    if keys == {"sum"} and isinstance(spec["sum"], list) and spec["sum"]:
        parts = [
            _part(part, f"{at}verifier.sum.{i}", named, depth, weighted=True) for i, part in enumerate(spec["sum"])
        ]
        total = sum(part.weight for part in parts)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"field '{at}verifier.sum': the weights add up to {total:g}; make them add up to 1")
        return Sum(parts=tuple(_told_apart(parts)))
    raise ValueError(
        f"field '{at}verifier': expected {{'sum': [...]}} or {{'gate': ..., 'then': ...}}, got "
        f"{shortened(dict(spec))}; write one of the two"
    )


def _told_apart(parts: Sequence[Part]) -> list[Part]:
    """A second `math` is called `math 2`."""
    seen: Counter[str] = Counter()
    named = []
    for part in parts:
        seen[part.label] += 1
        label = part.label if seen[part.label] == 1 else f"{part.label} {seen[part.label]}"
        named.append(part.model_copy(update={"label": label}))
    return named


def with_row(spec: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The composition with the row's own verifier and params where it names `row`."""
    if spec.get("verifier") == ROW:
        return {**spec, "verifier": row.get("verifier"), "params": row.get("params") or {}}
    put: dict[str, Any] = {}
    for key, value in spec.items():
        if isinstance(value, Mapping) and key != "params":
            put[key] = with_row(value, row)
        elif isinstance(value, list) and key == "sum":
            put[key] = [with_row(part, row) if isinstance(part, Mapping) else part for part in value]
        else:
            put[key] = value
    return put


def _part(spec: object, at: str, named: Named, depth: int, *, weighted: bool) -> Part:
    known = {"verifier", "params"} | ({"weight"} if weighted else set())
    if not isinstance(spec, dict):
        raise ValueError(f"field {at!r}: expected an object with {sorted(known)}, got {shortened(spec)}")
    for key in spec:
        if key not in known:
            raise ValueError(f"field {at!r}: unknown key {key!r}; {nearest(str(key), known)}")
    for key in known - {"params"}:
        if key not in spec:
            raise ValueError(f"field '{at}.{key}' is missing; add it")
    name, params = spec["verifier"], spec.get("params", {})
    weight = spec.get("weight", 1.0)
    if not isinstance(params, dict):
        raise ValueError(f"field '{at}.params': expected an object, got {shortened(params)}")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1:
        raise ValueError(f"field '{at}.weight': expected a number above 0 and at most 1, got {shortened(weight)}")
    if isinstance(name, str):
        return Part(label=name, spec=name, verifier=named(name, params, f"{at}."), params=params, weight=weight)
    if not isinstance(name, dict) or params:
        raise ValueError(
            f"field '{at}.verifier': expected a name, or a composition without `params`, got {shortened(name)}"
        )
    inner = compose(name, f"{at}.", named, depth + 1)
    return Part(label="composition", spec=name, verifier=inner, params={}, weight=weight)
