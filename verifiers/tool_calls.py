"""Accepts a completion that makes exactly the calls of the row's answer.

`answer` lists `{"name", "arguments"}`; `params.accept` gives, call by call, further accepted values of an argument, and
`params.optional` the arguments that may be left out. Everything else must be there and nothing more: no other call, no
call twice, no unknown argument; `params.passes` says where a row is more lenient. Values are equal when their JSON
types and contents are, text to the letter; 1 and 1.0 are the same only where the row's `tools` declare a `number`
(`tool_places`). Where `calls` finds the calls is stated there; a row that wants none refuses those of other notations
too (`other_calls`).
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from pydantic import JsonValue

from temper.mistakes import nearest, shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.reading.calls import CLOSE, OPEN, Call, find_calls
from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.reading.other_calls import other_call
from temper.verifiers.reading.tool_places import Place, place_of
from temper.verifiers.shown import alike
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Verifier

Accepted = dict[str, list[JsonValue]]
_BFCL_SKIPS = re.compile(r"[ ,./\-_*^]")


class ToolCalls(Verifier):
    """Compares the calls that the completion makes with those of `answer`."""

    accept: tuple[Accepted, ...] = ()
    """Parallel to `answer`: accepted values of an argument, beside the answer's own."""
    optional: tuple[tuple[str, ...], ...] = ()
    """Parallel to `answer`: arguments that may be left out."""
    order: Literal["free", "strict"] = "free"
    """`free`: the calls count in any order, as parallel calls do; `strict`: as listed."""
    text: Literal["allowed", "refused", "bfcl"] = "allowed"
    """Whether text may stand beside the calls. `bfcl`: it may, and texts among the arguments are compared as BFCL does,
    without case, blanks and `,./-_*^`, `'` as `"`."""

    passes: tuple[Literal["extra_arguments", "extra_calls", "unreadable_arguments"], ...] = ()
    """What is refused otherwise: arguments that the answer lacks, calls beside the wanted ones, arguments as a text
    that is no JSON (taken for none). NeMo-Gym's xlam_fc lets all three pass."""

    def check(self, problem: Problem) -> None:
        wanted = _listed(problem.answer)
        for name, given in (("accept", self.accept), ("optional", self.optional)):
            if given and len(given) != len(wanted):
                raise ValueError(
                    f"field 'params.{name}': parallel to answer, got {len(given)} for {len(wanted)} calls; one each"
                )
        declared = _declared(problem)
        for i, call in enumerate(wanted):
            if declared and call.name not in declared:
                raise ValueError(
                    f"field 'answer.{i}.name': no tool {call.name!r} in the row; {nearest(call.name, declared)}"
                )
            for name in [*self._accepted(i), *self._optional(i)]:
                if name not in call.arguments and not (name in self._accepted(i) and name in self._optional(i)):
                    raise ValueError(
                        f"field 'params': call {i} has no argument {name!r}; "
                        "an argument that the answer lacks stands in both accept and optional"
                    )

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        try:
            said = find_calls(completion, "unreadable_arguments" in self.passes)
        except ValueError as error:
            return scored(0.0, f"cannot be read: {error}")
        wanted = _listed(problem.answer)
        if not completion.strip():
            return scored(0.0, "the completion is empty")
        # as many as wanted: a call for each of these leaves none over
        if len(said.calls) < len(wanted) or (len(said.calls) > len(wanted) and "extra_calls" not in self.passes):
            return scored(0.0, f"{len(said.calls)} calls where {len(wanted)} are wanted")
        declared = _declared(problem)
        if not wanted and (other := other_call(after_thinking(completion) or "", declared)):
            return scored(0.0, f"a call where none is wanted: {other!r}")
        if said.text and said.calls and self.text == "refused":
            return scored(0.0, "text beside the calls")
        places = [place_of(declared.get(call.name, {})) for call in wanted]
        fits = [
            [self._difference(i, call, given, places[i]) is None for given in said.calls]
            for i, call in enumerate(wanted)
        ]
        matched = all(fits[i][i] for i in range(len(wanted))) if self.order == "strict" else _perfect(fits)
        return (
            scored(1.0, f"{len(wanted)} calls") if matched else scored(0.0, self._why(wanted, said.calls, fits, places))
        )

    def _accepted(self, i: int) -> Accepted:
        return self.accept[i] if self.accept else {}

    def _optional(self, i: int) -> tuple[str, ...]:
        return self.optional[i] if self.optional else ()

    def _difference(self, i: int, wanted: Call, given: Call, place: Place) -> Callable[[], str] | None:
        """Why `given` is not call `i`, in words once they are asked for; None when it is."""
        if given.name != wanted.name:
            return lambda: f"expected a call of {wanted.name!r}, got {given.name!r:.60}"
        accepted = self._accepted(i)
        known = wanted.arguments.keys() | accepted.keys()
        for name in sorted(known - given.arguments.keys() - set(self._optional(i))):
            return lambda: f"{wanted.name}: argument {name!r} is missing"
        extra = sorted(given.arguments.keys() - known)
        for name in extra if "extra_arguments" not in self.passes else ():
            return lambda: f"{wanted.name}: unknown argument {name!r:.60}"
        own = {name: [value] for name, value in wanted.arguments.items()}
        arguments = {name: value for name, value in given.arguments.items() if name in known}
        values = {name: [*accepted.get(name, []), *own.get(name, [])] for name in arguments}
        if self.text == "bfcl":
            arguments = {name: _as_bfcl(value) for name, value in arguments.items()}
            values = {name: [_as_bfcl(value) for value in several] for name, several in values.items()}
        # Python's own equality is quick and takes too much for the same, never too little: it goes first for all.
        for quickly in (True, False):
            for name, value in arguments.items():
                of = place.property(name)
                if not any(one == value if quickly else same(one, value, of) for one in values[name]):
                    return partial(_unequal, f"{wanted.name}: {name}", value, values[name][0])
        return None

    def _why(self, wanted: list[Call], given: list[Call], fits: list[list[bool]], places: list[Place]) -> str:
        if self.order == "strict" or len(wanted) == 1:
            pairs = ((i, i) for i in range(len(wanted)))
        else:  # the first wanted call that nothing fits, against the first of its name
            i = next((i for i, row in enumerate(fits) if not any(row)), 0)
            j = next((j for j, call in enumerate(given) if call.name == wanted[i].name and not fits[i][j]), 0)
            pairs = ((k, j) for k in (i,))
        for i, j in pairs:
            if difference := self._difference(i, wanted[i], given[j], places[i]):
                return f"call {i + 1}: {difference()}"
        return "a call is made more often than it is wanted"

    def probes(self, problem: Problem) -> list[Probe]:
        wanted = [call._asdict() for call in _listed(problem.answer)]
        own = "\n".join(f"{OPEN}\n{json.dumps(call)}\n{CLOSE}" for call in wanted) or "No tool is needed."
        openai = [{"type": "function", "function": {**c, "arguments": json.dumps(c["arguments"])}} for c in wanted]
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        none = None if not wanted else 0.0
        more = float("extra_calls" in self.passes)
        return [
            ("answer", own, 1.0),
            ("answer after thinking", f"<think>\nhm\n</think>\n\n{own}", 1.0),
            ("answer as a list", json.dumps(openai) if wanted else own, 1.0),
            ("answer while thinking", f"<think>\n{own}\n</think>\n\nDone.", none),
            ("answer and a call more", f'{own}\n{OPEN}{{"name": "more", "arguments": {{}}}}{CLOSE}', more),
            ("answer twice", f"{own}\n{own}", more if wanted else None),
            ("cut", own[: -len(CLOSE) - 3] if wanted else OPEN, 0.0),
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("garbage", "{]}<tool_call>", 0.0),
            ("prompt", prompt, none),
            ("sys.exit(0)", "import sys; sys.exit(0)", none),
            ("1 MB", "x" * 1_000_000, none),
        ]


def same(wanted: object, given: object, place: Place) -> bool:
    """JSON equality by type and content; where a number is declared an integer equals its float."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (wanted, given))
    if numbers and type(wanted) is not type(given):
        return wanted == given and place.takes_numbers
    if type(wanted) is not type(given):
        return False
    if isinstance(wanted, list) and isinstance(given, list):
        pairs = enumerate(zip(wanted, given, strict=False))
        return len(wanted) == len(given) and all(same(a, b, place.item(i)) for i, (a, b) in pairs)
    if isinstance(wanted, dict) and isinstance(given, dict):
        return wanted.keys() == given.keys() and all(same(wanted[k], given[k], place.property(k)) for k in wanted)
    return wanted == given


def _as_bfcl(value: JsonValue) -> JsonValue:
    """The value with each text in it as BFCL compares it (`standardize_string` of its ast_checker)."""
    if isinstance(value, str):
        return _BFCL_SKIPS.sub("", value).lower().replace("'", '"')
    if isinstance(value, list):
        return [_as_bfcl(item) for item in value]
    return {key: _as_bfcl(item) for key, item in value.items()} if isinstance(value, dict) else value


def _unequal(name: str, given: object, wanted: object) -> str:
    """Values that look the same are told by their code points."""
    if alike(given, wanted):
        return f"{name} is {ascii(given):.60}, expected {ascii(wanted):.60}, which only looks the same"
    return f"{name} is {shortened(given, 60)}, expected {shortened(wanted, 60)}"


def _perfect(fits: list[list[bool]]) -> bool:
    """Whether every wanted call can have a given one of its own (augmenting paths)."""
    owner: dict[int, int] = {}

    def place(i: int, tried: set[int]) -> bool:
        for j, fit in enumerate(fits[i]):
            if fit and j not in tried:
                tried.add(j)
                # one that is taken comes free where its owner finds another that fits
                if j not in owner or place(owner[j], tried):
                    owner[j] = i
                    return True
        return False

    return all(place(i, set()) for i in range(len(fits)))


_NAME = re.compile(r"[^\s<>\"']{1,256}")


def _listed(answer: object) -> list[Call]:
    """The row's calls. Raises ValueError naming the field."""
    if not isinstance(answer, list):
        raise ValueError(f"field 'answer': tool_calls expects a list of calls, got {shortened(answer)}; [] for none")
    calls = []
    for i, call in enumerate(answer):
        if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
            raise ValueError(f"field 'answer.{i}': expected {{'name', 'arguments'}}, got {shortened(call)}")
        name, arguments = call["name"], call["arguments"]
        if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(arguments, dict):
            raise ValueError(f"field 'answer.{i}': expected a name and an object of arguments, got {shortened(call)}")
        calls.append(Call(name, arguments))
    return calls


def _declared(problem: Problem) -> dict[str, dict[str, Any]]:
    """The parameters' JSON schema of each tool of the row, by name."""
    tools = [tool.get("function", tool) for tool in problem.tools or []]
    return {str(tool.get("name")): tool.get("parameters") or {} for tool in tools}
