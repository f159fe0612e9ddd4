"""A slot: one warm place that runs one job at a time, spoken to in lines of JSON over a byte stream.

`Slot` knows the protocol of the supervisor and nothing of where it runs; `docker.py` and `local.py` give it a
stream. Whatever goes wrong on the stream (an end, silence past the job's longest possible time, a line that
is no answer) is `SlotLostError`: the slot is closed and the pool judges whose fault it was.
"""

import contextlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from temper.sandboxes.box import watch
from temper.sandboxes.box.kinds import COMPILE_LIMITS
from temper.sandboxes.job import Job, Limits, Result, SandboxError, Stdio

BOX = Path(__file__).parent / "box"
"""What runs inside: the standard library alone."""
MAX_LIFE_S = 6 * 3600
"""A supervisor ends by itself after this time, whatever became of its owner."""
START_S, PATIENCE_S = 30.0, 15.0
RESULTS = TypeAdapter(list[Result])
NOT_RUN = Result(outcome="not_run", detail="an earlier test failed")
CONTROL = Job(source="print(input())", tests=Stdio(inputs=("sound\n",)), limits=Limits(cpu_s=5))
"""An honest job that every sound slot finishes."""


class SlotLostError(SandboxError):
    """This slot is gone; the job may have had a part in it."""


class Stream(Protocol):
    """Bytes to and from a supervisor. `receive` returns b"" at the end and raises TimeoutError at its
    deadline."""

    def send(self, data: bytes) -> None: ...
    def receive(self, timeout_s: float) -> bytes: ...
    def close(self) -> str:
        """Frees all that belongs to it, twice without harm; returns what the other side last complained
        of."""
        ...


def box_texts() -> dict[str, str]:
    """The modules of the box by their place under `temper/`, which is a namespace package there."""
    paths = sorted(BOX.rglob("*.py"))
    return {f"sandboxes/box/{path.relative_to(BOX).as_posix()}": path.read_text("utf-8") for path in paths}


class Slot:
    """Wraps a stream whose supervisor has its first line still to read. Raises SlotLostError when it does
    not get ready."""

    def __init__(self, stream: Stream, first: object, name: str) -> None:
        self.stream, self.name, self.lost = stream, name, False
        self.rest = bytearray()
        self.lock = threading.Lock()
        self.exchange(first, time.monotonic() + START_S, "ready")

    def exchange(self, message: object, deadline: float, key: str) -> dict[str, Any]:
        """Sends a line, if there is a message, and returns the answer, which must have this field."""
        try:
            if message is not None:
                self.stream.send(json.dumps(message).encode() + b"\n")
            answer: dict[str, Any] = json.loads(self._line(deadline))
        except (OSError, EOFError, ValueError, RecursionError) as error:
            raise self.lose(f"{type(error).__name__}: {error}") from None
        if "lacks" in answer:
            raise SandboxError(f"sandbox {self.name}: {answer['lacks']}; install it, or use the other kind of sandbox")
        if key not in answer:
            raise self.lose(str(answer)[:500])
        return answer

    def _line(self, deadline: float) -> bytes:
        seen = 0
        while (end := self.rest.find(b"\n", seen)) < 0:
            # only what is new is searched, so a line of many chunks is looked at once
            seen = len(self.rest)
            chunk = self.stream.receive(max(0.0, deadline - time.monotonic()))
            if not chunk:
                raise EOFError("the supervisor ended")
            self.rest += chunk
        line = bytes(self.rest[:end])
        del self.rest[: end + 1]
        return line

    def lose(self, reason: str) -> SlotLostError:
        self.lost = True
        complaint = self.stream.close()
        return SlotLostError(f"sandbox {self.name}: lost, {reason}{': ' + complaint if complaint else ''}")

    def run(self, job: Job) -> list[Result]:
        results = list[Result]()
        with self.lock:
            try:
                self._converse(job, results)
            except SandboxError:
                raise
            except BaseException:  # the judge's, or somebody interrupts us: what is under way belongs to no later job
                self.close()
                raise
        stopped = job.stop_after_failure and any(result.outcome != "finished" for result in results)
        missing = number_of_tests(job) - len(results)
        if missing < 0 or (missing and not stopped):
            raise self.lose(f"{len(results)} results for {number_of_tests(job)} tests")
        return results + [NOT_RUN] * missing

    def _converse(self, job: Job, results: list[Result]) -> None:
        """Sends the job, takes its results as they come, and tells the supervisor whether to go on."""
        deadline = time.monotonic() + longest_s(job)
        message: Any = {**job.model_dump(mode="json"), "cores": list(os.sched_getaffinity(0))}
        while message is not None:
            answer = self.exchange(message, deadline, "results")
            try:
                taken = RESULTS.validate_python(answer["results"])
            except ValidationError as error:
                raise self.lose(f"unreadable results: {error}") from None
            for result in taken:
                results.append(job.judge(len(results), result) if job.judge else result)
            failed = job.stop_after_failure and any(result.outcome != "finished" for result in results)
            message = {"go_on": not failed} if answer.get("more") else None

    def forget(self, session: str) -> None:
        """Has the interpreter of a session ended, where it is held; of a slot that has no job. No answer comes."""
        try:
            self.stream.send(json.dumps({"forget": session}).encode() + b"\n")
        except OSError:
            self.lost = True

    def passes_control(self) -> bool:
        """Whether an honest job comes out right; a slot that fails is lost."""
        try:
            sound = [(r.outcome, r.stdout) for r in self.run(CONTROL)] == [("finished", "sound\n")]
        except SandboxError:
            return False
        if not sound:
            self.lose("the control job came out wrong")
        return sound

    def close(self) -> None:
        self.lost = True
        with contextlib.suppress(OSError):
            self.stream.close()


def number_of_tests(job: Job) -> int:
    tests = job.tests
    if tests.kind == "cells":
        return len(tests.cells)
    return len(tests.inputs) if tests.kind == "stdio" else len(tests.calls) if tests.kind == "call" else 1


def longest_s(job: Job) -> float:
    """A sound slot answers within this time whatever the program does."""
    one = watch.wall_limit_s(job.limits.cpu_s) + 1
    tests = number_of_tests(job) * one
    if job.tests.kind == "cells":
        # those that are run again share a time, and each may be late
        tests = one + watch.wall_limit_s(job.tests.earlier_s) + 2 * number_of_tests(job)
    # ten tests of 10 CPU seconds: 10 * (3 * 10 + 1 + 1) + (3 * 30 + 1) + 15 = 426
    return tests + watch.wall_limit_s(COMPILE_LIMITS["cpu_s"]) + PATIENCE_S
