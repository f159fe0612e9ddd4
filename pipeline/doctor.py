"""What a run does now, or what it died of, read off its folder: `temper doctor OUT/NAME`.

Nothing of the run is asked but the stacks of its threads, by a signal that its roles answer; so a hung role, a run of
another process and a dead one are all looked at alike. Who holds a run up is found along the waiting: a learner that
waits for the controller is held up by what the controller waits for, and an engine that the controller waits for, but
that has had nothing in hand for as long, is held up by the controller.

A role of another machine is judged by its pulse alone. Not promised: that what takes long is wrong. `patience` grows
with the run's own steps, and the stacks say the rest.
"""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temper.pipeline import pulse

PATIENCE_S, SILENT_S = 40.0, 30.0
"""Seconds at one thing after which a role holds the others up, if no step took a third of that; seconds without a
pulse."""
STACK_S, STACK_LINES = 3.0, 40
OWN = ("learner", "driver", "worker")
"""They do their own work where nothing is said to be under way; the others are asked for theirs."""
ORDER = ("verifier", "session", "engine", "learner", "controller", "worker", "driver")
"""Who is named first of several that are stopped at once: those that nobody else's work is needed for."""


@dataclass(frozen=True)
class Doing:
    what: str
    for_s: float
    on: str | None = None
    """The kind of role that is waited for."""


@dataclass(frozen=True)
class Role:
    """One role of the stage under way, as its last pulse has it."""

    name: str
    pid: int
    host: str
    state: str
    """`runs`, `stopped`, `gone`, `elsewhere` (another machine), or `ended` of itself."""
    silent_s: float
    idle_s: float
    """Since when nothing is under way; of those that do their own work: since when they do it."""
    doing: tuple[Doing, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    end: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        return self.name.partition("-")[0]

    @property
    def own(self) -> Doing | None:
        """What it does itself and for longest: no waiting for another."""
        if self.doing:
            return max((one for one in self.doing if one.on is None), key=lambda one: one.for_s, default=None)
        return Doing("works by itself", self.idle_s) if self.kind in OWN else None

    @property
    def waits(self) -> Doing | None:
        return max((one for one in self.doing if one.on is not None), key=lambda one: one.for_s, default=None)

    @property
    def said(self) -> str:
        if self.end:
            return str(self.end.get("error") or self.end.get("how"))
        found = [f"{one.what}, {lasted(one.for_s)}" for one in self.doing]
        own = "works by itself" if self.kind in OWN else "nothing in hand"
        return "; ".join(found) or f"{own}, {lasted(self.idle_s)}"


@dataclass(frozen=True)
class Culprit:
    role: str
    why: str


@dataclass(frozen=True)
class Finding:
    """Of one look."""

    folder: Path
    state: str
    """`alive`, `finished`, `interrupted`, `stopped` (by an alarm), `ended` (by an error), `dead` (without a word),
    `unknown`."""
    stage: str
    step: str
    roles: tuple[Role, ...]
    culprit: Culprit | None
    lost: tuple[Mapping[str, Any], ...]
    """Processes that went without a word in this attempt."""
    lines: tuple[str, ...]
    """The last ones of the culprit's log."""
    again: tuple[str, ...]
    """What the same command would do, a line a stage."""

    @property
    def good(self) -> bool:
        return self.culprit is None and self.state in ("alive", "finished")


def look(folder: Path, now: float | None = None) -> Finding:
    """Raises ValueError for a folder that is no run's."""
    if not (folder / "owner.json").is_file():
        raise ValueError(f"{folder}: no run here; give OUT/<recipe name> of `temper run`")
    now = now or time.time()
    told = {str(one["role"]): one for one in pulse.pulses(folder / "logs")}
    again = redo(folder)
    driver = told.get("driver")
    if driver is None:
        return Finding(folder, "unknown", "", "", (), None, (), (), again)
    mine = [one for one in told.values() if (one["run"], one["stage"]) == (driver["run"], driver["stage"])]
    roles = tuple(role_of(one, now) for one in mine)
    lost = tuple(one for one in pulse.lost(folder / "logs") if one["run"] == driver["run"])
    step, took = steps(folder, str(driver["stage"]))
    state = state_of(next(role for role in roles if role.name == "driver"))
    if state == "alive":
        culprit = holds_up(roles, patience(took))
    else:
        culprit = died_first(roles, lost) if state in ("dead", "ended") else None
    lines = _lines(folder, culprit, lost) if culprit else ()
    return Finding(folder, state, str(driver["stage"]), step, roles, culprit, lost, lines, again)


def role_of(told: pulse.Told, now: float) -> Role:
    here = told.get("host") == socket.gethostname()
    state = pulse.state_of(int(_number(told["pid"])), told.get("born")) if here else "elsewhere"
    given: Any = told.get("doing")
    doing = tuple(Doing(str(what), max(0.0, now - since), on) for what, since, on in given)
    facts: Any = told.get("facts")
    ended: Any = told.get("end")
    silent = max(0.0, now - _number(told["beat"]))
    # Of a process that is no more, what it did is counted up to its last pulse.
    idle = max(0.0, now - _number(told["idle"]))
    said = (silent, idle, doing, facts or {}, ended)
    return Role(str(told["role"]), int(_number(told["pid"])), str(told["host"]), "ended" if ended else state, *said)


def state_of(driver: Role) -> str:
    if driver.end:
        how = str(driver.end.get("how"))
        error = str(driver.end.get("error"))
        if "KeyboardInterrupt" in error:
            return "interrupted"
        if error.startswith("StageError: StoppedError"):
            return "stopped"
        return "finished" if how == "done" else "ended"
    if driver.state == "gone" or (driver.state == "elsewhere" and driver.silent_s > 2 * SILENT_S):
        return "dead"
    return "alive"


def patience(took_s: Sequence[float]) -> float:
    """Seconds at one thing that are no news: three of the run's own steps, 40 at least."""
    return max(PATIENCE_S, 3 * statistics.median(took_s)) if took_s else PATIENCE_S


# -- who holds the others up


def holds_up(roles: Sequence[Role], after_s: float) -> Culprit | None:
    """The role that the others wait for, or None where all go on."""
    order = sorted(roles, key=lambda role: ORDER.index(role.kind) if role.kind in ORDER else len(ORDER))
    there = [role for role in order if role.state != "ended"]
    for role in there:
        if role.state == "stopped":
            return Culprit(role.name, f"its process {role.pid} is stopped (kill -CONT {role.pid} lets it go on)")
    # While the driver closes a stage's roles, or has not begun to wait, they may be gone.
    waited = any(role.kind == "driver" and role.waits for role in there)
    for role in there:
        if role.state == "gone" and waited:
            return Culprit(role.name, f"its process {role.pid} is gone; last it {past(role)}")
    for role in there:
        if role.silent_s > SILENT_S and role.state != "gone":
            return Culprit(role.name, f"no pulse for {lasted(role.silent_s)}; last it {past(role)}")
    controller = next((role for role in there if role.kind == "controller"), None)
    if controller is not None and controller.facts.get("locked"):
        return Culprit("controller", "a thread of its own holds its lock")
    return _along(there, controller, after_s) or _driver(there, after_s)


def _along(there: Sequence[Role], controller: Role | None, after_s: float) -> Culprit | None:
    """Along the waiting, from the learners or the worker on."""
    trains = [role for role in there if role.kind in ("learner", "worker")]
    # A rank that is ahead waits for the others inside of its step, so all of them seem to work: the newest counts.
    busy = [role for role in trains if role.own]
    # What a rank does inside of a wait (the probe of a push) is its own.
    if busy and not any(role.waits and role.waits.for_s > after_s for role in trains if not role.own):
        last = min(busy, key=lambda role: role.own.for_s if role.own else 0.0)
        if last.own and last.own.for_s > after_s:
            if last.kind == "worker" and (found := _asked(there, after_s)):
                return found
            return Culprit(last.name, f"{last.own.what} for {lasted(last.own.for_s)}")
        return None
    waiting = max((role.waits.for_s for role in trains if role.waits), default=0.0)
    if waiting <= after_s or controller is None:
        return None
    return _of_controller(there, controller, after_s)


def _of_controller(there: Sequence[Role], controller: Role, after_s: float) -> Culprit:
    """The learners wait for the controller: whom does it wait for?"""
    facts = controller.facts
    for count, since, kind, words in (
        ("calling", "turn_s", "session", "turns"),
        ("verifying", "verdict_s", "verifier", "verdicts"),
        ("sampling", "ended_s", "engine", "completions"),
        ("", "push_s", "engine", "a push"),
        ("", "collect_s", "engine", "a call"),
    ):
        due, for_s = float(facts.get(count) or not count), float(facts.get(since) or 0)
        if not due or for_s <= after_s:
            continue
        theirs = [role for role in there if role.kind == kind]
        if found := _asked(theirs, after_s):
            return found
        wanted = f"{due:.0f} {words} are" if count else f"{words} is"
        if not theirs:  # behind a gateway
            return Culprit(kind, f"{wanted} due for {lasted(for_s)}")
        if all(not role.doing for role in theirs):
            idle = min(role.idle_s for role in theirs)
            why = f"{wanted} due for {lasted(for_s)}, and no {kind} has had anything in hand for {lasted(idle)}"
            if idle > after_s:
                return Culprit("controller", why)
        busiest = max(theirs, key=lambda role: role.own.for_s if role.own else 0.0)
        return Culprit(busiest.name, f"{wanted} due for {lasted(for_s)}; it {past(busiest)}")
    longest = controller.own
    what = f"{longest.what} for {lasted(longest.for_s)}" if longest else "the learners wait and nothing is asked for"
    return Culprit("controller", what)


def _asked(roles: Iterable[Role], after_s: float) -> Culprit | None:
    """Of roles that work when they are asked, the one that is longest at one thing."""
    there = [(role.own.for_s, role) for role in roles if role.kind not in OWN and role.own is not None]
    for_s, role = max(there, key=lambda one: one[0], default=(0.0, None))
    return Culprit(role.name, f"{role.own.what} for {lasted(for_s)}") if role and role.own and for_s > after_s else None


def _driver(there: Sequence[Role], after_s: float) -> Culprit | None:
    """The driver waits for a stage by itself: what else it does for long holds the stage's end up."""
    driver = next(role for role in there if role.kind == "driver")
    own = driver.own
    if own is not None and own.for_s > after_s:
        return Culprit("driver", f"{own.what} for {lasted(own.for_s)}")
    return None


# -- after its end


def died_first(roles: Sequence[Role], lost: Sequence[Mapping[str, Any]]) -> Culprit | None:
    """Of a run that is over: who went first, of what is known. A process that was lost and came back is not it."""
    driver = next(role for role in roles if role.kind == "driver")
    there = {role.name: role.pid for role in roles}
    for one in lost:
        if there.get(one["role"], one["pid"]) == one["pid"]:
            return _went(one)
    errors = [role for role in roles if role.kind != "driver" and role.end and role.end.get("error")]
    if errors:
        first = min(errors, key=lambda role: float((role.end or {}).get("time") or 0))
        return Culprit(first.name, str((first.end or {}).get("error")))
    if lost and driver.end:
        return _went(lost[0])
    if driver.end:
        return Culprit("driver", str(driver.end.get("error")))
    said = clock(time.time() - driver.silent_s)
    return Culprit("driver", f"its process {driver.pid} went without a word after {said}, and the run with it")


def last_words(folder: Path) -> list[str]:
    """The end of the log of who died first, for the driver's error; nothing where nobody did."""
    found = pulse.pulses(folder / "logs")
    driver = next((one for one in found if one["role"] == "driver"), None)
    lost = [one for one in pulse.lost(folder / "logs") if driver and one["run"] == driver["run"]]
    if not lost:
        return []
    first = lost[0]
    lines: Any = first.get("lines") or ["(nothing)"]
    log = folder / "logs" / f"{first['role']}.log"
    head = f"{first['role']} (process {first['pid']}) went first, without a word; the end of {log}:"
    return [head, *(f"    {line}" for line in lines), f"more: temper doctor {folder}"]


def _went(one: Mapping[str, Any]) -> Culprit:
    """A process that was lost, as `note_lost` kept it."""
    return Culprit(one["role"], f"its process {one['pid']} was gone at {clock(one['time'])}; {_last(one)}")


def _last(one: Mapping[str, Any]) -> str:
    return "last it " + ("; ".join(str(doing[0]) for doing in one.get("doing") or ()) or "had nothing in hand")


def _lines(folder: Path, culprit: Culprit, lost: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    kept = next((one.get("lines") for one in lost if one["role"] == culprit.role), None)
    return tuple(kept or pulse.last_lines(folder / "logs" / f"{culprit.role}.log"))


def redo(folder: Path) -> tuple[str, ...]:
    """What the same command would do, a line a stage."""
    said = []
    for name, stage in _stages(folder):
        work = stage / "work"
        saved = sorted(int(path.name.rpartition("-")[2]) for path in _checkpoints(work))
        if (stage / "stage.json").is_file():
            said.append(f"{name}: finished, not run again")
        elif not stage.is_dir():
            said.append(f"{name}: to run")
        else:
            last = _last_step(stage / "metrics.jsonl")
            begun = f"from its checkpoint of step {saved[-1]}" if saved else "from its beginning"
            again = f"; {last - (saved or [0])[-1]} steps are made again" if last > (saved or [0])[-1] else ""
            said.append(f"{name}: goes on {begun}{again}")
    return tuple(said)


def _checkpoints(work: Path) -> list[Path]:
    from temper.policy.resume import MARKER

    return [path.parent for path in work.glob(f"checkpoint-*/{MARKER}")]


def _stages(folder: Path) -> list[tuple[str, Path]]:
    try:
        planned = json.loads((folder / "stages.json").read_bytes())["stages"]
    except (OSError, ValueError, KeyError):
        return []
    return [(stage["name"], folder.parent / "stages" / stage["folder"]) for stage in planned]


def _last_step(path: Path) -> int:
    return max((int(row["step"]) for row in pulse.rows(path)), default=0)


def steps(folder: Path, stage: str) -> tuple[str, list[float]]:
    """How far the stage is, in words, and the seconds of its last ten steps where they are known."""
    path = next((of / "metrics.jsonl" for name, of in _stages(folder) if name == stage), folder / "metrics.jsonl")
    rows = [row for row in pulse.rows(path) if row.get("stage") == stage]
    if not rows:
        return "", []
    took = [sum(row.get(f"seconds/{name}", 0.0) for name in ("wait", "train", "push")) for row in rows[-10:]]
    ago = time.time() - path.stat().st_mtime
    return f"step {rows[-1]['step']}, {lasted(ago)} ago", [seconds for seconds in took if seconds]


# -- where the threads are


def stacks(folder: Path, role: Role) -> list[str]:
    """Of a role of this machine, by `py-spy` where it is installed, else by the signal that every role answers."""
    if role.state not in ("runs", "stopped"):
        return [f"its process is {role.state}"]
    if spy := shutil.which("py-spy"):
        done = subprocess.run([spy, "dump", "--pid", str(role.pid)], capture_output=True, text=True, timeout=30)
        if done.returncode == 0:
            return done.stdout.splitlines()
    if role.state == "stopped":
        return ["a stopped process tells nothing without py-spy"]
    path = folder / "logs" / f"{role.name}.stacks"
    try:
        before = path.stat().st_size
        os.kill(role.pid, signal.SIGUSR2)
    except OSError as error:
        return [f"not to be asked: {error}"]
    until, size = time.monotonic() + STACK_S, before
    while time.monotonic() < until:
        time.sleep(0.1)
        if (grown := path.stat().st_size) == size > before:  # all of it is there
            break
        size = grown
    with path.open("rb") as file:
        file.seek(before)
        return file.read().decode(errors="replace").splitlines() or ["no answer"]


# -- in words


def lasted(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def clock(epoch: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(epoch))


def past(role: Role) -> str:
    return "; ".join(one.what for one in role.doing) or (
        "worked by itself" if role.kind in OWN else "had nothing in hand"
    )


def described(found: Finding, all_stacks: bool = False) -> str:
    """What a person reads."""
    where = f", {found.stage}" if found.stage else ""
    lines = [f"{found.folder}: {found.state}{where}{', ' + found.step if found.step else ''}"]
    if found.culprit:
        verb = "held up by" if found.state == "alive" else "died first:"
        lines.append(f"{verb} {found.culprit.role}: {found.culprit.why}")
    if found.state == "stopped":
        lines += [role.said for role in found.roles if role.name == "driver"]
    if found.state == "unknown":
        lines.append("no role has reported here: a run of an older version, or one that ended before its first stage")
    if found.state == "alive":
        lines += ["", *table(found.roles), *queues(found.roles)]
    lines += [f"lost at {clock(one['time'])}: {one['role']} (process {one['pid']}); {_last(one)}" for one in found.lost]
    if found.lines:
        lines += ["", f"last lines of {found.culprit.role if found.culprit else 'driver'}:"]
        lines += [f"    {line}" for line in found.lines]
    if found.state == "alive":
        shown = [role for role in found.roles if all_stacks or (found.culprit and role.name == found.culprit.role)]
        for role in shown:
            asked = stacks(found.folder, role)
            lines += ["", f"stack of {role.name}, process {role.pid}:"]
            lines += [f"    {line}" for line in (asked if all_stacks else asked[:STACK_LINES])]
    lines += ["", "the same command, once this run has ended:" if found.state == "alive" else "the same command:"]
    return "\n".join([*lines, *(f"    {line}" for line in found.again)])


def table(roles: Sequence[Role]) -> list[str]:
    """A line a role: process, state, what it does and since when."""
    rows = [(role.name, str(role.pid), role.state, role.said) for role in roles]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows]


def queues(roles: Sequence[Role]) -> list[str]:
    """Depths, slots and the last push, where there is a controller."""
    facts = next((role.facts for role in roles if role.kind == "controller"), {})
    if "groups" not in facts:
        return []
    judges = [role for role in roles if role.kind == "verifier"]
    ago = facts.get("pushed_s")
    return [
        f"queues: {facts['groups']} groups, {facts['closed']} of them closed; {facts['unasked']} requests to be asked, "
        f"{facts['sampling']} in the engine, {facts['calling']} with sessions, {facts['verifying']} with verifiers",
        f"slots: {sum(bool(role.doing) for role in judges)} of {len(judges)} verifiers judge",
        f"weights: version {facts['version']}, " + (f"pushed {lasted(ago)} before" if ago else "no push yet"),
    ]  # fmt: skip


def _number(value: Any) -> float:
    return float(value)
