"""Runs the tests of a job, one child each, and says what each did: the process that the host talks to.

A line of JSON comes in on stdin, a line goes out on stdout: first the configuration and `ready`, then jobs one at a
time (over the owner's socket, where the configuration names one that can be reached), each with the results of its
tests, in portions that are answered by whether to go on. What a test printed, its exit status and, in `call`, its
encoded value go out; nothing is compared here.

- Children come from the zygote, under the job's uid, with descriptors of their own; this process has another
  uid and is not dumpable. A test's result is what this process saw itself: the wait status, the pipes, the
  kernel's counters.
- `unit`: the verdict comes over a pipe that only the tests' process holds, and it holds no code of the
  solution.
- A test that started other processes or left files has everything of the job's uids killed, their dead reaped and
  their folders emptied. After each job the place is as it was before; what cannot be cleaned ends the supervisor: the
  slot is lost and replaced.
- The interpreter of a session may stay from job to job (`resident`); it is ended before any other job begins.
- It ends when stdin closes (its owner died) or its life is over (`max_life_s`).
"""

import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, NoReturn

from temper.sandboxes.box import kinds, processes, refused_calls, watch, zygote
from temper.sandboxes.box.job import Config, Job, Result
from temper.sandboxes.box.leaving import leave
from temper.sandboxes.box.place import BrokenPlaceError, LackingError, Place
from temper.sandboxes.box.resident import Resident

PORTION, PORTION_S = 4 << 20, 0.05
"""Bytes of results that wait for more, about, and for how long."""


REST = bytearray()
"""What was read behind the last line: a job that came close behind a word to forget a session."""


def read_line() -> Any:
    """The next line on stdin, None at its end."""
    seen = 0
    while (end := REST.find(b"\n", seen)) < 0:
        seen = len(REST)
        chunk = os.read(0, 1 << 20)
        if not chunk:
            return None
        REST.extend(chunk)
    line = bytes(REST[:end])
    del REST[: end + 1]
    return json.loads(line)


def write_line(text: bytes) -> None:
    view = memoryview(text + b"\n")
    while view:
        view = view[os.write(1, view) :]


def supervise(config: Config) -> None:
    """Serves jobs until stdin closes."""
    processes.prctl(processes.PR_SET_DUMPABLE, 0)
    processes.prctl(processes.PR_SET_NO_NEW_PRIVS, 1)
    refused_calls.refuse()
    if os.getpid() != 1:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    else:
        signal.signal(signal.SIGALRM, lambda *_: os._exit(3))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o022)  # or a test might change what the compiler left for the next one
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    signal.alarm(config["max_life_s"])
    place = Place(config)
    if not config["init_reaps"]:
        processes.prctl(processes.PR_SET_CHILD_SUBREAPER, 1)
        signal.signal(signal.SIGCHLD, place.reap_orphans)
    door = find_door(config)
    here = door is not None or "door" not in config  # and not on a daemon's machine elsewhere
    write_line(json.dumps({"ready": sys.version}).encode())
    if door:
        os.dup2(door.fileno(), 0)
        os.dup2(door.fileno(), 1)
        door.close()
    serve(place, here)


def serve(place: Place, here: bool) -> None:
    """Job after job. `here`: the owner's cores are those of this machine."""
    resident = Resident(place)
    while (REST or resident.wait()) and (job := read_line()) is not None:
        if "forget" in job:
            resident.forget(job["forget"])
            continue
        job["cores"] = sorted(set(job["cores"]) if here else place.cores)
        resident.make_room(job)
        place.oom = place.oom_kills()
        place.work_on(set(job["cores"]))
        try:
            rest = send_results(answers(place, resident, job))
        except LackingError as lacking:
            rest = json.dumps({"lacks": str(lacking)}).encode()
        if resident.held is None:
            place.empty()
            place.check()
        write_line(rest)


def answers(place: Place, resident: Resident, job: Job) -> Iterator[Result]:
    tests = job["tests"]
    return resident.run(job, tests) if tests["kind"] == "cells" else kinds.run(place, job)


def find_door(config: Config) -> socket.socket | None:
    """The owner's socket past the daemon; None where it cannot be reached."""
    door = socket.socket(socket.AF_UNIX)
    try:
        door.connect(config.get("door", ""))
    except OSError:
        door.close()
        return None
    return door


def send_results(answers: Iterator[Result]) -> bytes:
    """Sends what is known whenever it has grown large or old, and waits to be told whether the rest is wanted, so that
    neither the output of many tests piles up here nor a job goes on whose end is decided. Returns the last line, which
    also says that the place is clean again."""
    known, size, since = list[str](), 0, time.monotonic()
    for answer in answers:
        known.append(json.dumps(answer))
        size += len(known[-1])
        if size > PORTION or time.monotonic() > since + PORTION_S:
            write_line(results_line(known, more=True))
            known, size = [], 0
            if (told := read_line()) is None:
                raise watch.OwnerGone
            if not told["go_on"]:
                break
            since = time.monotonic()
    return results_line(known, more=False)


def results_line(known: list[str], more: bool) -> bytes:
    return f'{{"more": {json.dumps(more)}, "results": [{", ".join(known)}]}}'.encode()


def main(config: Config) -> tuple[CodeType, dict[str, object], Callable[..., NoReturn]]:
    """Returns only in a child that became a program: its code and namespace, to be run at module level, and
    its end."""
    heed_signals()
    try:
        supervise(config)
    except zygote.Become as become:
        return become.code, become.namespace, leave
    except watch.OwnerGone:
        pass
    except BrokenPlaceError as broken:
        write_line(json.dumps({"broken": str(broken)}).encode())
    except BaseException:
        remove_folders(config)
        raise
    remove_folders(config)
    os._exit(0)


def heed_signals() -> None:
    """A shell's background job is born deaf to SIGINT and SIGQUIT, and so would be every program."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in signal.valid_signals() - {signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def remove_folders(config: Config) -> None:
    """Without namespaces the folders are the host's: they go with us."""
    for folder in config.get("remove", []):
        processes.wipe(folder, frozenset())
        os.rmdir(folder)
