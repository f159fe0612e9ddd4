"""What each role of a run says of itself, for whoever looks from outside: a log file, and what it does since when.

    OUT/NAME/logs/ROLE.log      what its process writes, at most MOST_BYTES; ROLE.log.1 is what stood there before
    OUT/NAME/logs/ROLE.json     its pulse, written anew every BEAT_S
    OUT/NAME/logs/ROLE.stacks   where its threads are, when SIGUSR2 asks for them (`pipeline.doctor` does)
    OUT/NAME/logs/lost.jsonl    processes that went without a word, as the driver or the next one of the role saw it

A role that ends writes how; one that was killed cannot, and that is how it is told. A process that holds the
interpreter in C writes no pulse and still answers the signal. Nothing here waits for another role, and no failure to
write stops a training. Not seen: who sent a signal.
"""

import contextlib
import faulthandler
import itertools
import json
import logging
import logging.handlers
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from temper.sandboxes.owner import stat_of

log = logging.getLogger(__name__)

BEAT_S, LOOK_S = 5.0, 1.0
"""Seconds between two pulses, and between two looks of the driver at who is still there."""
MOST_BYTES = 4 << 20
LAST_LINES = 12
LOST = "lost.jsonl"
Told = Mapping[str, JsonValue]
State = Literal["runs", "stopped", "gone"]


@dataclass(frozen=True)
class Post:
    """Where the roles of one stage report. Picklable: it goes to them as it is."""

    folder: Path
    """OUT/NAME/logs."""
    run: str
    """Of the driver's process, apart from those of earlier attempts."""
    stage: str


@dataclass
class Pulse:
    """Of this process. `doing` holds what is under way: what, since when (seconds of the epoch), and the role that is
    waited for meanwhile, if any."""

    post: Post
    role: str
    looks: bool = False
    """Whether it looks at the other roles: the driver does."""
    doing: dict[int, tuple[str, float, str | None]] = field(default_factory=dict)
    idle: float = field(default_factory=time.time)
    """Since when nothing is under way."""
    tells: Callable[[], Told] = dict
    end: dict[str, JsonValue] | None = None
    watching: int = 0
    """Above 0 while every other role has to be there."""
    started: float = field(default_factory=time.time)
    told_lost: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def path(self) -> Path:
        return self.post.folder / f"{self.role}.json"

    def say(self) -> None:
        """Writes the pulse; where that fails, nothing: the next one may."""
        told: dict[str, JsonValue] = {
            "role": self.role, "run": self.post.run, "stage": self.post.stage, "pid": os.getpid(),
            "born": born(os.getpid()), "host": socket.gethostname(), "started": self.started, "beat": time.time(),
            "idle": self.idle, "end": self.end,
            "doing": [list(one) for one in sorted(self.doing.copy().values(), key=lambda one: one[1])],
        }  # fmt: skip
        try:
            told["facts"] = dict(self.tells())
        except Exception as error:  # of any class: what is told is for people, the role's work goes on
            told["facts"] = {"error": f"{type(error).__name__}: {error}"}
        with contextlib.suppress(OSError), self.lock:
            beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            beside.write_text(json.dumps(told))
            beside.replace(self.path)

    def run(self) -> None:
        """The thread's."""
        beat = 0.0
        while not self.stop.wait(LOOK_S):
            if self.looks and self.watching:
                self._look()
            if time.monotonic() - beat >= BEAT_S:
                beat = time.monotonic()
                self.say()
                if not self.looks:  # the driver's terminal is its own; its log file is rotated by `logging`
                    _bound(self.post.folder / f"{self.role}.log")

    def _look(self) -> None:
        """Keeps who of the stage is gone without having ended."""
        for told in pulses(self.post.folder):
            pid, mine = told.get("pid"), (told.get("run"), told.get("stage")) == (self.post.run, self.post.stage)
            if mine and isinstance(pid, int) and pid not in self.told_lost and gone(told) and self.watching:
                self.told_lost.add(pid)
                note_lost(self.post.folder, told)


_HERE: Pulse | None = None
"""This process's, once it reports."""
_KEYS = itertools.count()
_STACKS: int | None = None
"""The file that its stacks go to."""


def report(post: Post | None, role: str, looks: bool = False) -> None:
    """From here on this process reports as `role`; with `looks` (the driver) its terminal stays what it is."""
    global _HERE
    if post is None:
        return
    post.folder.mkdir(parents=True, exist_ok=True)
    if _HERE is not None:
        _HERE.stop.set()
    _HERE = Pulse(post, role, looks)
    before = _read(_HERE.path)
    if before and (before.get("run"), before.get("stage")) == (post.run, post.stage) and gone(before):
        note_lost(post.folder, before)
    if not looks:
        _redirect(post.folder / f"{role}.log")
        logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.WARNING)
        logging.getLogger("temper").setLevel(logging.INFO)
    _answer(post.folder / f"{role}.stacks")
    log.info("%s: process %d, stage %s", role, os.getpid(), post.stage or "-")
    _HERE.say()
    threading.Thread(target=_HERE.run, name="pulse", daemon=True).start()


def post() -> Post | None:
    """Where this process reports, for the roles that it starts."""
    return _HERE.post if _HERE is not None else None


def at_stage(stage: str) -> None:
    """The driver goes on to a stage."""
    if _HERE is not None:
        _HERE.post = Post(_HERE.post.folder, _HERE.post.run, stage)
        _HERE.say()


def tell(tells: Callable[[], Told]) -> None:
    """What else this process's pulse says; called by the pulse's thread, so it must not wait for long."""
    if _HERE is not None:
        _HERE.tells = tells


def ended(error: BaseException | None = None, how: str = "done") -> None:
    """The last word of this process's role, which ended of itself."""
    here = _HERE
    if here is None:
        return
    # What another process raised comes wrapped, with its traceback in the message.
    while error is not None and isinstance(inner := vars(error).get("cause"), BaseException):
        error = inner
    said = {"how": "error", "error": f"{type(error).__name__}: {error}"[:2000]} if error else {"how": how}
    here.end = {**said, "time": time.time()}
    here.stop.set()
    here.say()


@contextlib.contextmanager
def reporting(post: Post | None, role: str) -> Iterator[None]:
    """A role from its beginning to its end."""
    report(post, role)
    try:
        yield
    except BaseException as error:
        ended(error)
        raise
    ended()


@contextlib.contextmanager
def doing(what: str, on: str | None = None) -> Iterator[None]:
    """What this process does from entry to exit; `on` names the role that it waits for meanwhile."""
    here = _HERE
    if here is None:
        yield
        return
    key = next(_KEYS)
    here.doing[key] = (what, time.time(), on)
    try:
        yield
    finally:
        here.doing.pop(key, None)
        if not here.doing:
            here.idle = time.time()


def went_on() -> None:
    """This process has come a step further: what it does by itself is counted from here."""
    if _HERE is not None:
        _HERE.idle = time.time()


@contextlib.contextmanager
def watched(what: str, on: str) -> Iterator[None]:
    """The driver waits; meanwhile every role has to be there, and one that is gone is noted."""
    here = _HERE
    if here is not None:
        here.watching += 1
    try:
        with doing(what, on):
            yield
    except BaseException:
        if here is not None and here.looks:
            here._look()  # who went just now
        raise
    finally:
        if here is not None:
            here.watching -= 1


@contextlib.contextmanager
def driving(folder: Path) -> Iterator[None]:
    """The driver of OUT/NAME, from its beginning to its end: its lines also go to `logs/driver.log`."""
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(logs / "driver.log", maxBytes=MOST_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger = logging.getLogger("temper")
    logger.addHandler(handler)
    try:
        report(Post(logs, f"{os.getpid()}-{born(os.getpid())}-{time.time_ns()}", ""), "driver", looks=True)
        yield
    except BaseException as error:
        ended(error, "error")
        raise
    else:
        ended()
    finally:
        logger.removeHandler(handler)
        handler.close()


# -- what is there, for whoever reads it


def pulses(folder: Path) -> list[dict[str, JsonValue]]:
    """Of every role that ever reported there, in the order of their names."""
    return [told for path in sorted(folder.glob("*.json")) if (told := _read(path))]


def lost(folder: Path) -> list[dict[str, Any]]:
    """What `note_lost` kept, in the order of time."""
    return sorted(rows(folder / LOST), key=lambda one: one["time"])


def rows(path: Path) -> list[dict[str, Any]]:
    """Of a file of JSON lines that is being written, or is not there."""
    found = []
    with contextlib.suppress(OSError):
        for line in path.read_text().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
    return found


def note_lost(folder: Path, told: Told) -> None:
    """Keeps that the process of a pulse is gone, with the end of its log, once."""
    if any((one["role"], one["pid"]) == (told["role"], told["pid"]) for one in lost(folder)):
        return
    kept = {name: told[name] for name in ("role", "run", "stage", "pid", "doing", "idle", "beat")}
    lines = last_lines(folder / f"{told['role']}.log")
    with contextlib.suppress(OSError), (folder / LOST).open("a") as file:
        file.write(json.dumps({"time": time.time(), **kept, "lines": [*lines]}) + "\n")


def gone(told: Told) -> bool:
    """Whether the process of a pulse is no more, and has not ended of itself; False for another machine's."""
    here = told.get("host") == socket.gethostname()
    return here and not told.get("end") and state_of(int(str(told["pid"])), told.get("born")) == "gone"


def born(pid: int) -> int | None:
    """When a process began, in the kernel's ticks: a number that comes again for another process has another one."""
    found = stat_of(pid)
    return int(found[19]) if found else None


def state_of(pid: int, since: JsonValue) -> State:
    """Of a process of this machine that began at `since`."""
    found = stat_of(pid)
    if not found or found[0] in "ZX" or (since is not None and int(found[19]) != since):
        return "gone"
    return "stopped" if found[0] in "Tt" else "runs"


def last_lines(path: Path, count: int = LAST_LINES) -> list[str]:
    """The end of a log, lines of 500 characters at most."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - (64 << 10)))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line[:500] for line in text.splitlines() if line.strip()][-count:]


def _read(path: Path) -> dict[str, JsonValue]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and {"role", "pid", "beat"} <= found.keys() else {}


def _redirect(path: Path) -> None:
    """What this process writes from here on, whoever writes it, goes to the file's end."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a stream that is closed has nothing left to say
            stream.flush()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _answer(path: Path) -> None:
    """SIGUSR2 asks where the threads are, also of a process that holds the interpreter in C."""
    global _STACKS
    before = _STACKS
    _STACKS = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    faulthandler.register(signal.SIGUSR2, file=_STACKS, all_threads=True, chain=False)
    if before is not None:
        os.close(before)


def _bound(path: Path) -> None:
    """Begins the log anew where it has grown too long; the last file stays beside it."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > MOST_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
            _redirect(path)
