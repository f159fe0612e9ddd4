"""Accepts a completion that shows a calendar in which every event stands where it may.

The calendar is a JSON list of objects with `event_id`, `start_time` (24 hours, `HH:MM`) and `duration` (minutes), after
`</think>`, with any text around it. The events must be those of the row, each once, of their lengths, inside their
windows and as their constraints say, and no two may overlap; names and other fields count for nothing. Several lists of
events are no calendar, unless they are the same.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from temper.mistakes import shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Verifier

MOST_LISTS = 64
"""Places of a completion where a list is looked for."""
MOST_TRIED = 20_000
"""Orders of events that are tried for a calendar to probe with."""
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_SAID = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm)?")
_CONSTRAINT = re.compile(r"(before|after|at) (.+)|(between) (.+) and (.+)")


class Event(BaseModel):
    """An event and where it may stand."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    event_id: int
    """Names it."""
    duration: int = Field(ge=1, le=1440)
    """Minutes that it takes."""
    constraint: str | None = None
    """`before T` (it ends by then), `after T`, `at T`, `between T and T`; T as in `10am`, `1:45pm` or `13:45`."""
    min_time: str = "00:00"
    """It starts no sooner."""
    max_time: str = "24:00"
    """It ends no later."""

    @field_validator("constraint", "min_time", "max_time")
    @classmethod
    def _readable(cls, text: str | None, info: Any) -> str | None:
        if text is not None:
            _bounds(text) if info.field_name == "constraint" else minutes(text)
        return text

    @property
    def window(self) -> tuple[int, int]:
        """First minute at which it may start, and last one."""
        first, end, exact = _bounds(self.constraint) if self.constraint else (0, 1440, False)
        start, stop = max(first, minutes(self.min_time)), min(end, minutes(self.max_time)) - self.duration
        return (start, min(stop, first)) if exact else (start, stop)


def minutes(text: str) -> int:
    """Of a time of day. Raises ValueError for what is none."""
    found = _SAID.fullmatch(text.strip().lower())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if found and found[3]:
        hour = hour % 12 + 12 * (found[3] == "pm") if 1 <= hour <= 12 else 99
    if not found or (not found[3] and found[2] is None) or minute > 59 or 60 * hour + minute > 1440:
        raise ValueError(f"no time of day, got {text!r:.40}; write 13:45 or 1:45pm")
    return 60 * hour + minute


def _bounds(constraint: str) -> tuple[int, int, bool]:
    """(starts no sooner, ends no later, starts exactly then)."""
    found = _CONSTRAINT.fullmatch(constraint.strip())
    if not found:
        raise ValueError(f"unknown constraint, got {constraint!r:.60}; write before, after, at or between ... and ...")
    if found[3]:
        return minutes(found[4]), minutes(found[5]), False
    then = minutes(found[2])
    return (0, then, False) if found[1] == "before" else (then, 1440, found[1] == "at")


class Calendar(Verifier):
    """Looks whether the events stand where they may."""

    events: tuple[Event, ...] = ()
    """All events of the calendar; none: an empty one, or none shown."""

    def check(self, problem: Problem) -> None:
        ids = [event.event_id for event in self.events]
        if len(set(ids)) < len(ids):
            raise ValueError("field 'params.events': an event_id stands there twice; name each event once")

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        text = after_thinking(completion)
        if text is None:
            return scored(0.0, "the reasoning does not end: no </think>")
        if "<think>" in text:
            return scored(0.0, "it reasons behind its answer")
        if not text.strip():
            return scored(0.0, "it says nothing")
        lists = list(_lists(text))
        if not lists:
            return scored(float(not self.events), "no calendar" if self.events else "no calendar, and none is wanted")
        if any(other != lists[0] for other in lists[1:]):
            return scored(0.0, f"{len(lists)} lists of events that differ")
        return self._judged(lists[0])

    def _judged(self, shown: Sequence[dict[str, JsonValue]]) -> Verdict:
        starts: dict[int, int] = {}
        wanted = {event.event_id: event for event in self.events}
        for row in shown:
            name, length, start = row.get("event_id"), row.get("duration"), _start(row.get("start_time"))
            event = wanted.get(name) if isinstance(name, int) and not isinstance(name, bool) else None
            if event is None or event.event_id in starts:
                return scored(0.0, f"event {shortened(name)} is {'there twice' if event else 'not wanted'}")
            if start is None or isinstance(length, bool) or not isinstance(length, int):
                return scored(0.0, f"event {event.event_id}: no start_time HH:MM, or no duration")
            first, last = event.window
            if length != event.duration or not first <= start <= last:
                return scored(0.0, f"event {event.event_id} stands at {row['start_time']} for {length} minutes")
            starts[event.event_id] = start
        if missing := sorted(wanted.keys() - starts.keys()):
            return scored(0.0, f"event {missing[0]} is missing")
        order = sorted(starts, key=starts.__getitem__)
        for one, then in zip(order, order[1:], strict=False):
            if starts[one] + wanted[one].duration > starts[then]:
                return scored(0.0, f"events {one} and {then} overlap")
        return scored(1.0, f"{len(starts)} events stand where they may")

    def probes(self, problem: Problem) -> list[Probe]:
        found = schedule(self.events)
        own = _shown(self.events, found) if found is not None else None
        some, several = float(not self.events), len(self.events) > 1
        known = [] if own is None else [
            ("answer", own, 1.0),
            ("answer in a sentence after thinking", f"<think>\n[]\n</think>\n\nHere it is: {own} Enjoy.", 1.0),
            ("answer cut", own[:-1], some),
            ("one event missing", _shown(self.events[1:], found or {}), some),
            ("an event twice", _shown((*self.events, *self.events[:1]), found or {}), some),
            ("all at once", _shown(self.events, dict.fromkeys(found or {}, 600)), 0.0 if several else None),
            ("longer than it is", own.replace('"duration": ', '"duration": 1'), some),
            ("open reasoning", f"<think>\n{own}", 0.0),
        ]  # fmt: skip
        return [
            *known, ("empty", "", 0.0), ("whitespace", " \n\t ", 0.0), ("garbage", "[{]}", some),
            ("sys.exit(0)", "import sys; sys.exit(0)", some), ("1 MB", "x" * 1_000_000, some),
        ]  # fmt: skip


def schedule(events: Sequence[Event]) -> dict[int, int] | None:
    """Starts of all events, by id, each as soon as its order allows; None where there are none, or none are found."""
    tried = 0

    def placed(left: Sequence[Event], now: int) -> dict[int, int] | None:
        nonlocal tried
        if not left:
            return {}
        for i, event in sorted(enumerate(left), key=lambda pair: pair[1].window[1] + pair[1].duration):
            first, last = event.window
            start = max(first, now)
            tried += 1
            if tried > MOST_TRIED or start > last:
                continue
            if (rest := placed([*left[:i], *left[i + 1 :]], start + event.duration)) is not None:
                return {event.event_id: start, **rest}
        return None

    return placed(events, 0)


def _shown(events: Sequence[Event], starts: dict[int, int]) -> str:
    return json.dumps([
        {"event_id": e.event_id, "event_name": "x", "duration": e.duration,
         "start_time": f"{starts[e.event_id] // 60:02d}:{starts[e.event_id] % 60:02d}"}
        for e in events
    ])  # fmt: skip


def _start(given: JsonValue) -> int | None:
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    return 60 * int(found[1]) + int(found[2]) if found and int(found[2]) < 60 else None


def _lists(text: str) -> Iterator[list[dict[str, JsonValue]]]:
    """The lists of objects that stand in a text, an empty one too, one behind the other."""
    place = 0
    for _ in range(MOST_LISTS):
        if (place := text.find("[", place)) < 0:
            return
        try:
            value, end = strict_json.scan(text, place)
        except ValueError:
            place += 1
            continue
        place = end
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield value
