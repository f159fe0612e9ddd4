"""Compares what a rollout's calls have made of its session with what the answer's calls make of a fresh one.

`answer` (or `params.calls`) lists `{"name", "arguments"}` in order. Both are made by replaying calls in a session of
their own, so that a verdict is a function of the row and of the calls alone. The states are JSON and are compared as
values: keys in any order, lists in theirs unless the row says `order: free`; text to the letter unless it says
`letters: any`. A row whose answer changes nothing is passed by doing nothing: join another verifier to it (`gate`,
`sum`) where the last turn is to say something.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import JsonValue, PrivateAttr

from temper.mistakes import shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.calling import wrong_arguments
from temper.verifiers.sessions.session import Answered, Exchange, Exchanges
from temper.verifiers.sessions.table import functions_of, session_for
from temper.verifiers.verdict import Verdict, abstained, scored
from temper.verifiers.verifier import Probe, Verifier

OPEN, CLOSE = "<tool_call>", "</tool_call>"


class State(Verifier):
    """Compares end states."""

    calls: tuple[dict[str, JsonValue], ...] | None = None
    """The answer's calls, where `answer` is that of a verifier beside this one."""
    order: Literal["strict", "free"] = "strict"
    """`free`: lists of the state count in any order, as where one of two emails may be sent first."""
    letters: Literal["exact", "any"] = "exact"
    """`any`: capitals and small letters are the same."""
    _plugins: Plugins = PrivateAttr(NO_PLUGINS)
    """Which modules a row's session may lie in."""

    def model_post_init(self, context: Any) -> None:
        self._plugins = context or NO_PLUGINS

    def check(self, problem: Problem) -> None:
        if problem.session is None:
            raise ValueError("field 'session': missing; `state` compares what calls make of one")
        calls = self._listed(problem)
        functions = functions_of(problem.tools or session_for(problem, self._plugins).tools())
        for i, call in enumerate(calls):
            if call.name not in functions:
                raise ValueError(f"field 'answer.{i}.name': the row has no tool {call.name!r}; correct it")
            if wrong := wrong_arguments(functions[call.name].get("parameters") or {}, call.arguments):
                raise ValueError(f"field 'answer.{i}.arguments': {call.name}: {wrong}; correct them")

    def reads_turns(self, problem: Problem) -> bool:
        return True

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        """Of one turn: its calls as they would be answered."""
        return self.verify_turns(problem, (Exchange(completion),), sandbox)

    def verify_turns(self, problem: Problem, turns: Exchanges, sandbox: Sandbox | None = None) -> Verdict:
        made = [one for turn in turns for one in turn.answered]
        wanted = self._after(problem, self._listed(problem))
        if wanted is None:
            return abstained("the session says nothing of its state")
        found = self._after(problem, made)
        if found == wanted:
            return scored(1.0, f"the end state is the answer's, after {len(made)} calls")
        return scored(0.0, f"the end state is {shortened(found, 200)}, expected {shortened(wanted, 200)}")

    def _after(self, problem: Problem, calls: Sequence[Answered]) -> str | None:
        """The state that calls leave, as one text for equal states."""
        session = session_for(problem, self._plugins)
        session.open(problem, None)
        try:
            session.again(calls)
            state = session.state()
        finally:
            session.close()
        return None if state is None else self._canonical(state)

    def _listed(self, problem: Problem) -> list[Answered]:
        return _listed(problem.answer if self.calls is None else list(self.calls))

    def _canonical(self, value: JsonValue) -> str:
        if isinstance(value, dict):
            pairs = sorted((self._text(key), self._canonical(item)) for key, item in value.items())
            return "{" + ",".join(f"{json.dumps(key)}:{item}" for key, item in pairs) + "}"
        if isinstance(value, list):
            items = [self._canonical(item) for item in value]
            return "[" + ",".join(sorted(items) if self.order == "free" else items) + "]"
        return json.dumps(self._text(value) if isinstance(value, str) else value)

    def _text(self, text: str) -> str:
        return text.casefold() if self.letters == "any" else text

    def probes(self, problem: Problem) -> list[Probe]:
        """Of turns (`turn_probes`) alone: no completion by itself changes a session."""
        return []

    def turn_probes(self, problem: Problem) -> list[tuple[str, Exchanges, float | None]]:
        calls = self._listed(problem)
        nothing = self._after(problem, [])
        own = self._after(problem, calls)
        half = calls[: len(calls) // 2]
        other = [*calls[:-1], _changed(calls[-1])] if calls else []
        return [
            ("answer", _as_turns(calls), 1.0),
            ("no call", (Exchange("Done."),), 1.0 if own == nothing else 0.0),
            ("half of the calls", _as_turns(half), 1.0 if self._after(problem, half) == own else 0.0),
            # A changed argument may be one that the state does not show: then nothing is known.
            ("a changed argument", _as_turns(other), 0.0 if self._after(problem, other) != own else None),
        ]


def _listed(answer: object) -> list[Answered]:
    """The row's calls. Raises ValueError naming the field."""
    if not isinstance(answer, list):
        raise ValueError(f"field 'answer': state expects a list of calls, got {shortened(answer)}; [] for none")
    calls = []
    for i, call in enumerate(answer):
        if not isinstance(call, dict) or set(call) != {"name", "arguments"} or not isinstance(call["arguments"], dict):
            raise ValueError(f"field 'answer.{i}': expected {{'name', 'arguments'}}, got {shortened(call)}")
        calls.append(Answered(str(call["name"]), call["arguments"], ""))
    return calls


def _as_turns(calls: Sequence[Answered]) -> Exchanges:
    """A call a turn, and a last one that calls nothing."""
    turns = [Exchange(f"{OPEN}\n{json.dumps(_spec(call))}\n{CLOSE}", (call,)) for call in calls]
    return (*turns, Exchange("Done."))


def _spec(call: Answered) -> dict[str, Any]:
    return {"name": call.name, "arguments": call.arguments}


def _changed(call: Answered) -> Answered:
    """The call with its last text argument changed, or a number."""
    arguments = dict(call.arguments)
    for name in reversed(arguments):
        value = arguments[name]
        if isinstance(value, str):
            arguments[name] = f"{value} changed"
            break
        if isinstance(value, int | float) and not isinstance(value, bool):
            arguments[name] = value + 1
            break
    return Answered(call.name, arguments, call.text)
