"""Where the tests of a job run: the zygotes, the job's uids, its folders, and the end of all that it leaves."""

import contextlib
import errno
import marshal
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

from temper.sandboxes.box import cgroup, files, meter, processes, watch, zygote
from temper.sandboxes.box.job import Bounds, Config

CLEAN_S = 5.0
"""How long the killed may take to vanish, and a folder to be emptied."""
Request = dict[str, Any]
"""What a zygote is asked for, and the payload beside it; marshalled."""


class LackingError(Exception):
    """The tests need something that this sandbox does not have: nobody's score."""


class BrokenPlaceError(Exception):
    """This place is no longer sound: it ends, and the pool makes another."""


def _send(parent: socket.socket, text: bytes, fds: list[int]) -> None:
    """The kernel counts descriptors in flight by user and holds them against the sender's soft limit. Where jobs have
    this user's uid, one in another slot can make the count too high for us, but not higher than the hard limit."""
    try:
        socket.send_fds(parent, [text], fds)
    except OSError as error:
        if error.errno != errno.ETOOMANYREFS:
            raise
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        try:
            socket.send_fds(parent, [text], fds)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Place:
    """Where tests run: the zygote, the job's uids and its folders."""

    def __init__(self, config: Config) -> None:
        self.box, self.spaces = config["box"], config["spaces"]
        self.uids: list[int | None] = [*config["uids"]] or [None, None]
        self.pid_namespace = config["pid_namespace"]
        self.in_memory = {space: os.stat(space).st_dev for space in self.spaces if self.pid_namespace}
        self.tests_path, self.packages_path = config["tests_path"], config["packages_path"]
        self.dies_with_parent = config["dies_with_parent"]
        self.terms = processes.terms_of(os.getpid())
        self.load = os.open("/proc/loadavg", os.O_RDONLY | os.O_CLOEXEC)
        self.cgroup = cgroup.find(config["own_cgroup"])
        self.cores = os.sched_getaffinity(0)
        self.newest = 0
        self.oom = self.oom_kills()
        self.reaped_s = 0.0
        self.ipc_is_open = processes.ipc_is_open()
        self.start_zygote()
        self.empty()
        self.all_room, self.all_modes = self.room(), self.modes()

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
                raise LackingError(answer["lacks"])
            self.ours.add(pid)
            self.warm[source] = ours
        return self.warm[source]

    def spawn(
        self, request: Request, fds: list[int], payload: Request | None = None, parent: socket.socket | None = None
    ) -> int:
        """A child of the zygote (or of a warm one); `fds` become its 0, 1, 2, ... and stay open here. Only it can
        read the payload."""
        parent = parent or self.zygote
        secret = zygote.memory_file(marshal.dumps(payload))
        _send(parent, marshal.dumps(request), [*fds, secret])
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
        with self.acting_as(self.uids[0]):
            pairs = [os.pipe2(os.O_CLOEXEC) for _ in range(number)]
        for reader, _ in pairs:
            os.set_blocking(reader, False)
        return [reader for reader, _ in pairs], [writer for _, writer in pairs]

    def last_pid(self) -> int:
        """The newest PID of this namespace: unchanged since a child was forked, that child started no other."""
        return int(os.pread(self.load, 4096, 0).split()[4])

    def oom_kills(self) -> int:
        """How often the kernel killed here for want of memory; 0 where it does not count."""
        return self.cgroup.oom_kills() if self.cgroup else 0

    def reap_orphans(self, *_: object) -> None:
        """The handler of SIGCHLD, where no init reaps: only who reaps a process learns all of its CPU time."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.wait4(-1, os.WNOHANG))[0]:
                if found[0] not in self.ours:
                    self.reaped_s += found[2].ru_utime + found[2].ru_stime

    def begin(self, stdin: int) -> None:
        """Before the first child of a test is forked. `stdin`: the file that is given to it."""
        file = os.fstat(stdin)
        self.meter = meter.Meter(self.cgroup, self.ours, self.in_memory, (file.st_dev, file.st_ino))
        self.reaped_s = 0.0

    def shared_folder(self) -> str:
        """A folder that both uids may write in; it is the second one's, and goes with what the job leaves."""
        path = os.path.join(os.environ.get("TMPDIR", "/tmp"), files.NAME)
        with self.acting_as(self.uids[1]):
            os.mkdir(path)
            os.chmod(path, 0o777)
        return path

    @contextlib.contextmanager
    def acting_as(self, uid: int | None) -> Iterator[None]:
        if uid is not None:
            os.seteuid(uid)
        try:
            yield
        finally:
            if uid is not None:
                os.seteuid(0)
                if self.dies_with_parent:  # the kernel forgets it with every change of uid
                    processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGKILL)

    def look(self) -> list[processes.Process]:
        return processes.processes_of_job(self.ours, self.pid_namespace)

    def use(self) -> meter.Use:
        """What the test uses now."""
        return self.meter.read(self.look(), self.reaped_s)

    def finish(self, ended: watch.Ended, children: list[int], uids: list[int | None], limits: Bounds) -> None:
        """Kills what is left of a test that ran under `uids`, reaps its children (the first one's status counts) and
        adds it all up."""
        alone = not ended.broke and len(children) == 1 and self.last_pid() == self.newest
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        if not alone:  # a child of theirs may trace them, and would keep their end from us as long as it lives
            for process in (found := self.look()):
                kill(process.pid)
            ended.take(self.meter.read(found, self.reaped_s))
        statuses, seconds, peaks = zip(*[self.reap(pid) for pid in children], strict=True)
        self.reaped_s += sum(seconds)
        ended.status = statuses[0]
        ended.take(self.meter.read([], self.reaped_s))
        ended.memory = max(ended.memory, peaks[0])
        if (oom := self.oom_kills()) != self.oom:
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
            self.bury()
            if time.monotonic() > deadline:
                raise BrokenPlaceError(f"{len(left)} processes of the job stay")
            time.sleep(0.001)

    def bury(self) -> None:
        """Has the zygotes reap the children that a program gave them."""
        for sock in (self.zygote, *self.warm.values()):
            sock.send(marshal.dumps({"do": "bury"}))
            self.reaped_s += self._reply(sock)

    def empty(self, keep: frozenset[str] = frozenset()) -> None:
        """Leaves of all writable folders only the names to keep in the box. The cheap case needs no child: a file in
        the box."""
        for name in set(os.listdir(self.box)) - keep:
            try:
                os.unlink(os.path.join(self.box, name))
            except OSError:
                break
        if self.litter(keep):
            for uid in self.uids if self.uids[0] is not None else self.uids[:1]:
                self.clean_as(uid, self.spaces, keep, kill=False)
            if left := self.litter(keep):
                raise BrokenPlaceError(f"the job's folders cannot be emptied: {left[0][:50]!r} stays")
        for space in self.spaces:  # a test may end at a moment that tells the next one something
            os.utime(space, (0, 0))

    def check(self) -> None:
        """What a job may leave beside processes and names, of which `finish` and `empty` leave none: room that stays
        taken and, with our uid, other limits and priorities of ours and folders of another mode. Each would change the
        verdict of a later program."""
        if self.uids[0] is None:
            if any(processes.terms_of(pid) != self.terms for pid in self.ours - {1} | {os.getpid()}):
                raise BrokenPlaceError("the job changed the limits or the priority of the supervisor")
            if self.modes() != self.all_modes:
                raise BrokenPlaceError("the job changed the folders")
        deadline = time.monotonic() + CLEAN_S
        while self.room() != self.all_room:  # the kernel takes its time over descriptors in flight
            if time.monotonic() > deadline:
                raise BrokenPlaceError("what the job held of the folders stays taken")
            time.sleep(0.001)

    def modes(self) -> list[object]:
        return [(os.stat(space).st_mode, os.listxattr(space)) for space in self.spaces]

    def room(self) -> list[tuple[int, int]]:
        """Free blocks and names of each folder in memory."""
        return [(room.f_bfree, room.f_ffree) for room in map(os.statvfs, self.in_memory)]

    def litter(self, keep: frozenset[str]) -> list[str]:
        left = [name for space in self.spaces for name in os.listdir(space) if space != self.box or name not in keep]
        return left + processes.ipc_objects(self.uids) if self.ipc_is_open else left

    def clean_as(self, uid: int | None, spaces: list[str], keep: frozenset[str], kill: bool) -> None:
        """Forks a cleaner with the effective uid `uid` and the job's other uid as its real one: it may signal the
        processes of `uid`, they may not signal it."""
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        other = self.uids[0] if uid == self.uids[1] else self.uids[1]
        request: Request = {"do": "clean", "uid": uid, "real_uid": other, "rlimits": []}
        request |= {"kill": kill, "spaces": {space: sorted(keep) if space == self.box else [] for space in spaces}}
        pid = self.spawn(request, [null, null, null])
        os.close(null)
        self.reap(pid)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
