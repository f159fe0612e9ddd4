"""Runs the tests of a job, one child each, and says what each did: the process that the host talks to.

A line of JSON comes in on stdin, a line goes out on stdout: first the configuration and `ready`, then jobs one at a
time (over the owner's socket, where the configuration names one that can be reached). What a test printed, its exit
status and, in `call`, its encoded value go out; nothing is compared here.

- Children come from the zygote, under the job's uid, with descriptors of their own; this process has another
  uid and is not dumpable. A test's result is what this process saw itself: the wait status, the pipes, the
  kernel's counters.
- `unit`: the verdict comes over a pipe that only the tests' process holds, and it holds no code of the
  solution.
- A test that started other processes or left files has everything of the job's uids killed and their folders
  emptied. What cannot be cleaned ends the supervisor: the slot is lost and replaced.
- It ends when stdin closes (its owner died) or its life is over (`max_life_s`).
"""

import contextlib
import json
import marshal
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, NoReturn

from temper.sandboxes import processes, tests_of_job, watch, zygote
from temper.sandboxes.leaving import leave

CLEAN_S = 5.0
"""How long the killed may take to vanish, and a folder to be emptied."""
PORTION = 4 << 20
"""Bytes of results that wait for more, about."""
Request = dict[str, Any]


class BrokenPlaceError(Exception):
    """This place is no longer sound: it ends, and the pool makes another."""


class Place:
    """Where tests run: the zygote, the job's uids and its folders."""

    def __init__(self, config: Any) -> None:
        self.box, self.spaces = config["box"], config["spaces"]
        self.uids = config["uids"] or [None, None]
        self.pid_namespace = config["pid_namespace"]
        self.tests_path, self.packages_path = config["tests_path"], config["packages_path"]
        self.dies_with_parent = config["dies_with_parent"]
        self.terms = processes.terms_of(os.getpid())
        self.gauges = processes.Gauges()
        self.cores = os.sched_getaffinity(0)
        self.newest = 0
        self.oom = 0
        self.start_zygote()

    def start_zygote(self) -> None:
        self.zygote, pid = zygote.start(self.box, self.uids[0] is not None)
        self.ours = {1, os.getpid(), pid}
        self.warm: dict[str, socket.socket] = {}
        self.parents: dict[int, socket.socket] = {}

    def work_on(self, cores: set[int]) -> None:
        """Works on the cores that the caller may use, programs too. One who is held to a core takes turns there with
        this place, and each finds in the core's cache what the other left."""
        if cores != self.cores:
            with contextlib.suppress(OSError):  # the container has none of them
                for pid in self.ours - {1} | {os.getpid()}:
                    os.sched_setaffinity(pid, cores)
            self.cores, self.terms = cores, processes.terms_of(os.getpid())

    def warm_zygote(self, source: str) -> socket.socket:
        """The zygote that has loaded this program of ours; started at its first job."""
        if source not in self.warm:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
            payload = {"source": source, "path": self.packages_path}
            pid = self.spawn({"do": "zygote"}, [null, null, null, theirs.fileno()], payload)
            os.close(null)
            theirs.close()
            answer = self._reply(ours)
            if "lacks" in answer:
                self.reap(pid)
                ours.close()
                raise tests_of_job.LackingError(answer["lacks"])
            self.ours.add(pid)
            self.warm[source] = ours
        return self.warm[source]

    def spawn(self, request: Request, fds: list[int], payload: Any = None, parent: socket.socket | None = None) -> int:
        """A child of the zygote (or of a warm one); `fds` become its 0, 1, 2, ... and stay open here. Only it can
        read the payload."""
        parent = parent or self.zygote
        secret = zygote.memory_file(marshal.dumps(payload))
        socket.send_fds(parent, [marshal.dumps(request)], [*fds, secret])
        os.close(secret)
        self.newest = self._reply(parent)
        self.parents[self.newest] = parent
        return self.newest

    def reap(self, pid: int) -> tuple[int, float, int]:
        """Exit status, seconds of CPU and bytes of memory at the peak."""
        parent = self.parents.pop(pid)
        parent.send(marshal.dumps({"do": "reap", "pid": pid}))
        status, cpu_s, memory = self._reply(parent)
        return status, cpu_s, memory

    def _reply(self, parent: socket.socket) -> Any:
        text = parent.recv(65536)
        if not text:
            raise BrokenPlaceError("the zygote is gone")
        return marshal.loads(text)  # noqa: S302 - the zygote's

    def pipes(self, number: int) -> tuple[list[int], list[int]]:
        """Readers and writers. Owned by the job's uid, or a program could not open `/dev/stdout`."""
        if self.uids[0] is not None:
            os.seteuid(self.uids[0])
        try:
            pairs = [os.pipe2(os.O_CLOEXEC) for _ in range(number)]
        finally:
            if self.uids[0] is not None:
                os.seteuid(0)
                if self.dies_with_parent:  # the kernel forgets it with every change of uid
                    processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGKILL)
        for reader, _ in pairs:
            os.set_blocking(reader, False)
        return [reader for reader, _ in pairs], [writer for _, writer in pairs]

    def look(self) -> list[processes.Process]:
        return processes.processes_of_job(self.ours, self.pid_namespace)

    def finish(self, ended: watch.Ended, children: list[int], uids: list[int | None], limits: Any) -> None:
        """Kills what is left of a test that ran under `uids`, reaps its children (the first one's accounting counts)
        and adds it all up."""
        alone = not ended.broke and len(children) == 1 and self.gauges.last_pid() == self.newest
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        if not alone:  # a child of theirs may trace them, and would keep their end from us as long as it lives
            for process in self.look():
                kill(process.pid)
        statuses, seconds, peaks = zip(*[self.reap(pid) for pid in children], strict=True)
        ended.status = statuses[0]
        ended.cpu_s = max(ended.cpu_s, sum(seconds))
        ended.memory = max(ended.memory, peaks[0])
        if (oom := self.gauges.oom_kills()) != self.oom:
            self.oom = oom
            ended.broke, ended.detail = "memory", "the container ran out of memory"
        watch.judge_use(ended, limits)
        if not alone:
            self.kill_survivors(uids)

    def kill_survivors(self, uids: list[int | None]) -> None:
        if self.uids[0] is not None:
            for uid in uids:
                self.clean_as(uid, [], frozenset(), kill=True)
        elif os.getpid() == 1:
            processes.kill_everything()
            for sock in (self.zygote, *self.warm.values()):
                sock.close()
            self.start_zygote()
        deadline = time.monotonic() + CLEAN_S
        while left := self.look():
            for process in left:
                kill(process.pid)
            if time.monotonic() > deadline:
                raise BrokenPlaceError(f"{len(left)} processes of the job do not die")
            time.sleep(0.001)

    def empty(self, keep: frozenset[str] = frozenset()) -> None:
        """Leaves only the names to keep in the writable folders. The cheap case needs no child: a file in the
        box."""
        for name in set(os.listdir(self.box)) - keep:
            try:
                os.unlink(os.path.join(self.box, name))
            except OSError:
                break
        if not self.litter(keep):
            return
        for uid in self.uids if self.uids[0] is not None else self.uids[:1]:
            self.clean_as(uid, self.spaces, keep, kill=False)
        if left := self.litter(keep):
            raise BrokenPlaceError(f"the job's folders cannot be emptied: {left[0][:50]!r} stays")

    def check_terms(self) -> None:
        """A program with our uid may change our limits and priority, and so the verdict of the next program."""
        ours = self.ours - {1} | {os.getpid()}
        if self.uids[0] is None and any(processes.terms_of(pid) != self.terms for pid in ours):
            raise BrokenPlaceError("the job changed the limits or the priority of the supervisor")

    def litter(self, keep: frozenset[str]) -> list[str]:
        return [name for space in self.spaces for name in os.listdir(space) if name not in keep]

    def clean_as(self, uid: int | None, spaces: list[str], keep: frozenset[str], kill: bool) -> None:
        """A child whose real and saved uid is the job's other one: it may signal all of `uid`, none of them it."""
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        other = self.uids[0] if uid == self.uids[1] else self.uids[1]
        request = {"do": "clean", "uid": uid, "real_uid": other, "rlimits": []}
        request |= {"kill": kill, "spaces": spaces, "keep": sorted(keep)}
        pid = self.spawn(request, [null, null, null])
        os.close(null)
        self.reap(pid)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def read_line() -> Any:
    """The next line on stdin, None at its end. One message is under way at a time, so nothing follows it."""
    text = bytearray()
    while not text.endswith(b"\n"):
        chunk = os.read(0, 1 << 20)
        if not chunk:
            return None
        text += chunk
    return json.loads(text)


def write_line(text: bytes) -> None:
    view = memoryview(text + b"\n")
    while view:
        view = view[os.write(1, view) :]


def supervise(config: Any) -> None:
    """Serves jobs until stdin closes."""
    processes.prctl(processes.PR_SET_DUMPABLE, 0)
    processes.prctl(processes.PR_SET_NO_NEW_PRIVS, 1)
    processes.refuse_keyrings()
    if os.getpid() != 1:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    else:
        signal.signal(signal.SIGALRM, lambda *_: os._exit(3))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    if not config["init_reaps"]:
        processes.prctl(processes.PR_SET_CHILD_SUBREAPER, 1)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.alarm(config["max_life_s"])
    place = Place(config)
    place.empty()
    door = find_door(config)
    here = door is not None or "door" not in config  # and not on a daemon's machine elsewhere
    write_line(json.dumps({"ready": sys.version}).encode())
    if door:
        os.dup2(door.fileno(), 0)
        os.dup2(door.fileno(), 1)
        door.close()
    while (job := read_line()) is not None:
        place.oom = place.gauges.oom_kills()
        if here:
            place.work_on(set(job["cores"]))
        try:
            rest = send_results(tests_of_job.run(place, job))
        except tests_of_job.LackingError as lacking:
            rest = json.dumps({"lacks": str(lacking)}).encode()
        place.empty()
        place.check_terms()
        write_line(rest)


def find_door(config: Any) -> socket.socket | None:
    """The owner's socket past the daemon; None where it cannot be reached."""
    door = socket.socket(socket.AF_UNIX)
    try:
        door.connect(config.get("door", ""))
    except OSError:
        door.close()
        return None
    return door


def send_results(answers: Iterator[Request]) -> bytes:
    """Sends what is known whenever it has grown large, so that the output of many tests does not pile up here;
    returns the last line, which also says that the place is clean again."""
    known, size = list[str](), 0
    for answer in answers:
        known.append(json.dumps(answer))
        size += len(known[-1])
        if size > PORTION:
            write_line(results_line(known, more=True))
            known, size = [], 0
    return results_line(known, more=False)


def results_line(known: list[str], more: bool) -> bytes:
    return f'{{"more": {json.dumps(more)}, "results": [{", ".join(known)}]}}'.encode()


def main(config: Any) -> tuple[CodeType, dict[str, Any], Callable[..., NoReturn]]:
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


def remove_folders(config: Any) -> None:
    """Without namespaces the folders are the host's: they go with us."""
    for folder in config.get("remove", []):
        processes.wipe(folder, frozenset())
        os.rmdir(folder)
