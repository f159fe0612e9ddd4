"""Where sessions run: a row is opened, its turns are answered by a keeper, and what the server drops is closed."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict

from pydantic import JsonValue

from temper.gateway.items import checked_item, read_object, turns_of
from temper.gateway.section import GatewaySection
from temper.mistakes import nearest, shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.judging import Judge
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.sessions.keeper import Asked, Heard, Keeper
from temper.verifiers.sessions.session import Exchange, Exchanges

log = logging.getLogger(__name__)

MOST_OPEN = 64
"""Sessions that a process holds open; others are told again what was called."""
FIELDS = ("problem", "turns")
CALLS = ({"text"}, {"name", "arguments"})
Told = dict[str, object]


class Turns:
    """Of one process."""

    def __init__(self, section: GatewaySection, sandbox: Sandbox, judge: Judge) -> None:
        self.section, self.judge = section, judge
        self.keeper = Keeper(lambda: sandbox, most_open=MOST_OPEN, plugins=Plugins(section.plugins))

    def open(self, key: str, data: bytes) -> Told:
        """The tools that may be called; nothing runs before the first call. Raises ValueError for a row without
        them."""
        problem, _ = self._row(data)
        return {"id": key, "idle_s": self.section.session_idle_s, "tools": problem.tools}

    def call(self, words: list[str], data: bytes, limit: Callable[[float], None]) -> tuple[str, Problem, Heard, Told]:
        """Its outcome (`called`, `broke`, `error`), and the turn as `/verify` takes it. `words`: the session, bytes of
        its row and of its turns; `limit` is told the seconds that the call may take. Raises ValueError."""
        key, row, before = words[0], int(words[1]), int(words[2])
        problem, earlier = self._row(data[:row])
        earlier = (*earlier, *turns_of(strict_json.loads(data[row : row + before].decode()), "session"))
        text = called_text(data[row + before :])
        # What is called again may take what it took.
        again_s = sum(max(0.0, one.seconds) for turn in earlier for one in turn.answered)
        limit(again_s + self.judge.longest_s(problem, (*earlier, Exchange(text, unmade=True))))
        heard = self.keeper.answer(Asked(key, problem, earlier, text))
        outcome = "error" if heard.error else "broke" if heard.broke else "called"
        told: Told = {"text": text, "answered": [asdict(one) for one in heard.answered]}
        return outcome, problem, heard, {**told, "broke": heard.broke} if heard.broke else told

    def end(self, key: str) -> None:
        try:
            self.keeper.end([key])
        except Exception as error:  # a session that cannot be closed is lost, and nobody waits for it
            log.warning("session %s: not closed: %s", key, error)

    def _row(self, data: bytes) -> tuple[Problem, Exchanges]:
        row = read_object(data, "body")
        for name in row:
            if name not in FIELDS:
                raise ValueError(f"body: unknown field {name!r}; {nearest(str(name), FIELDS)}")
        turns = turns_of(row.get("turns", []), "body")
        problem, _, _ = checked_item({"problem": row.get("problem"), "completion": ""}, "body", self.section)
        if problem.session is None:
            raise ValueError("body: problem: field 'session' is missing; add it, nothing else has calls")
        return problem, turns


def called_text(data: bytes) -> str:
    """What a turn says, of `{"text"}` or of one call's `{"name", "arguments"}`. Raises ValueError."""
    body: dict[str, JsonValue] = read_object(data, "body")
    if set(body) not in CALLS:
        raise ValueError(f"body: no call, got {shortened(body)}; send `text` (a whole turn), or `name` and `arguments`")
    if "text" in body:
        if not isinstance(text := body["text"], str):
            raise ValueError(f"body: field 'text': expected a text, got {shortened(text)}; send what the model said")
        return text
    for name, kind, wanted in (("name", str, "a text"), ("arguments", dict, "an object")):
        if not isinstance(body[name], kind):
            raise ValueError(f"body: field {name!r}: expected {wanted}, got {shortened(body[name])}; send that")
    written = json.dumps(body).replace("<", "\\u003c")  # so that no argument looks like the end of reasoning
    return f"<tool_call>\n{written}\n</tool_call>"
