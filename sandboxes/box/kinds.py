"""The four kinds of tests, from a job to its results: which children each needs and what their ends mean."""

import json
import os
import re
import signal
import socket
from collections.abc import Iterable, Iterator
from typing import Any

from temper.sandboxes.box import files, values, watch, zygote
from temper.sandboxes.box.job import SECRET, Bounds, Call, Job, Limits, Program, Result, Unit
from temper.sandboxes.box.languages import COMPILE_MB, LANGUAGES, PYTHON, Language, command, names_of
from temper.sandboxes.box.parts import has_more_parts
from temper.sandboxes.box.place import LackingError, Place, Request

COMPILE_LIMITS: Bounds = {"cpu_s": 30.0, "memory_mb": COMPILE_MB, "output_kb": 256, "processes": 64}
DETAIL = 500
STDERR_READ = 4000
OUT_OF_MEMORY = re.compile(
    rb"java\.lang\.OutOfMemoryError(?!: unable to create)|JavaScript heap out of memory|Array buffer allocation failed"
    rb"|std::bad_alloc|memory allocation of \d+ bytes failed"
    rb"|fatal error: runtime: (?:out of memory|cannot allocate memory)"
    rb"|Allowed memory size of \d+ bytes exhausted|System\.OutOfMemoryException"
)
"""How the runtimes end for want of memory. To print it makes one failure of another."""
Channel = dict[str, Any]
"""What a child of ours said in its first line."""


def run(place: Place, job: Job) -> Iterator[Result]:
    """One answer a test, shaped like `Result`, as soon as it is known; fewer where the job stops after a failure."""
    language, tests = LANGUAGES[job["language"]], job["tests"]
    keep = frozenset[str]()
    if language.compile:
        refused = compile_program(place, job, language)
        if refused:
            yield from [refused] * count(job)
            return
        keep = frozenset(name for name in os.listdir(place.box) if not name.startswith("."))
        place.empty(keep)
    if tests["kind"] == "unit":
        yield run_unit(place, job, tests)
        return
    if tests["kind"] == "program":
        yield run_program(place, job, tests)
        return
    code: str | None = None
    for number in range(count(job)):
        if number:
            place.empty(keep)
        answer, code = run_one(place, job, number, code)
        yield answer
        if answer["outcome"] == "compile_error":
            yield from [answer] * (count(job) - number - 1)
            return
        if job["stop_after_failure"] and answer["outcome"] != "finished":
            return


def count(job: Job) -> int:
    tests = job["tests"]
    return len(tests["inputs"]) if tests["kind"] == "stdio" else len(tests["calls"]) if tests["kind"] == "call" else 1


def compile_program(place: Place, job: Job, language: Language) -> Result | None:
    """Compiles once, under limits of its own. The artefacts stay in the box for the tests; they belong to the other
    uid, so that no test can change what the next one runs."""
    names = names_of(job["language"], job["source"])
    standard = job["standard"] or next(iter(language.standards), "")
    argv = command(language.compile, names, COMPILE_MB, standard)
    payload: Request = {"source": job["source"], "file": names["file"], "argv": argv}
    ended = run_child(place, "exec", payload, b"", COMPILE_LIMITS, address_limit=False, uid=place.uids[1])
    if not ended.broke and ended.status == 0:
        return None
    said = b"\n".join(ended.printed[1::-1]).decode("utf-8", "replace").strip()[:DETAIL]
    broke = f"compiling: {ended.detail}; " if ended.broke else ""
    return result_of(ended, "compile_error", f"{broke}{said or failure(ended, said)}")


def run_one(place: Place, job: Job, number: int, code: str | None) -> tuple[Result, str | None]:
    """One input or one call. Also hands back the code object (as hex) that the first child compiled."""
    tests, limits = job["tests"], job["limits"]
    language = LANGUAGES[job["language"]]
    stdin = b""
    payload: Request = {"source": None if language.compile else job["source"], "file": language.file}
    if tests["kind"] == "call" and tests["package"]:
        return run_warm(place, job, tests, number), None
    if tests["kind"] == "stdio":
        stdin = tests["inputs"][number].encode("utf-8", "surrogatepass")
    if job["language"] != PYTHON:
        names = names_of(job["language"], job["source"])
        payload.update(file=names["file"], argv=command(language.run, names, limits["memory_mb"]))
        ended = run_child(place, "exec", payload, stdin, limits, language.address_limit)
        return judge_program(ended, both_ends(ended), limits), None
    payload.update(code=code, want_code=code is None and count(job) > 1)
    if tests["kind"] == "call":
        args, kwargs = tests["calls"][number]
        payload.update(entry_point=tests["entry_point"], args=args, kwargs=kwargs)
    do = "program" if tests["kind"] == "stdio" else "call"
    ended = run_child(place, do, payload, stdin, limits, language.address_limit)
    first, rest = split_channel(ended.printed[2])
    refused = compile_failure(ended, first)
    if refused:
        return refused, None
    answer = judge_program(ended, last_line(ended), limits) if do == "program" else judge_call(ended, rest, limits)
    return answer, code or first.get("compiled") or None


def run_program(place: Place, job: Job, tests: Program) -> Result:
    """Program and tests in one process; what it said on its channel is handed on as it is."""
    limits, language = job["limits"], LANGUAGES[job["language"]]
    names = names_of(job["language"], job["source"])
    payload: Request = {"source": None if language.compile else job["source"], "file": names["file"]}
    payload |= {"argv": command(language.run, names, limits["memory_mb"]), "open": SECRET + 1}
    ended = run_child(place, "exec", payload, b"", limits, language.address_limit, secret=tests["secret"].encode())
    answer = judge_program(ended, both_ends(ended), limits)
    return {**answer, "stdout": "", "value": ended.printed[2][:DETAIL].decode("latin-1")}


def run_warm(place: Place, job: Job, tests: Call, number: int) -> Result:
    """One call of a program of ours, in a child of the zygote that has it loaded."""
    args, kwargs = tests["calls"][number]
    payload: Request = {"entry_point": tests["entry_point"], "args": args, "kwargs": kwargs}
    parent = place.warm_zygote(job["source"])
    ended = run_child(place, "warm", payload, b"", job["limits"], address_limit=True, parent=parent)
    return judge_call(ended, bytes(ended.printed[2]), job["limits"])


def run_child(
    place: Place,
    do: str,
    payload: Request,
    stdin: bytes,
    limits: Bounds,
    address_limit: bool,
    parent: socket.socket | None = None,
    uid: int | None = None,
    secret: bytes | None = None,
) -> watch.Ended:
    """Forks, attends, kills and cleans up after one child, of the job's first uid or `uid`. It finds a `secret` behind
    its channel, where there is one. Printed: stdout, stderr, channel."""
    readers, writers = place.pipes(3)
    source = zygote.memory_file(stdin)
    more = [] if secret is None else [zygote.memory_file(secret)]
    uid = place.uids[0] if uid is None else uid
    request: Request = {"do": do, "uid": uid, "rlimits": kernel_limits(place, limits, address_limit)}
    place.begin(source)
    pid = place.spawn(request, [source, *writers, *more], payload, parent)
    close([source, *writers, *more])
    ended = watch.attend(pid, readers[:2], readers[2:], limits, place.use)
    place.finish(ended, [pid], [uid], limits)
    watch.drain(ended, readers, limits, streams=2)
    close(readers)
    return ended


def kernel_limits(place: Place, limits: Bounds, address_limit: bool) -> list[tuple[int, tuple[int, int]]]:
    countable = place.uids[0] is not None or place.pid_namespace
    return watch.rlimits(limits, address_limit, countable)


def run_unit(place: Place, job: Job, tests: Unit) -> Result:
    """Two processes, two uids, one socket between them; the verdict is what the tests' process says on its
    pipe."""
    limits, token = job["limits"], os.urandom(16).hex()
    null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    readers, writers = place.pipes(6)
    ours, theirs = socket.socketpair()
    request = {"rlimits": kernel_limits(place, limits, address_limit=True)}
    shared = place.shared_folder() if files.wanted(f"{tests['prelude']}\n{tests['code']}") else ""
    program = {"source": job["source"], "file": "solution.py", "code": None, "want_code": False, "shared": shared}
    place.begin(null)
    solution = place.spawn(
        {**request, "do": "solution", "uid": place.uids[0]},
        [null, writers[0], writers[1], writers[4], theirs.fileno()],
        {**program, "prelude": tests["prelude"]},
    )
    payload: Request = {"code": tests["code"], "prelude": tests["prelude"], "entry_points": tests["entry_points"]}
    payload |= {"path": place.tests_path, "spaces": place.spaces, "token": token, "shared": shared}
    tester = place.spawn(
        {**request, "do": "unit", "uid": place.uids[1]},
        [null, writers[2], writers[3], writers[5], ours.fileno()],
        payload,
    )
    ours.close()
    theirs.close()
    close([null, *writers])
    ended = watch.attend(tester, readers[:4], readers[4:], limits, place.use)
    place.finish(ended, [tester, solution], place.uids, limits)
    watch.drain(ended, readers, limits, streams=4)
    close(readers)
    return judge_unit(ended, token)


def judge_unit(ended: watch.Ended, token: str) -> Result:
    compiled, _ = split_channel(ended.printed[4])
    verdict, _ = split_channel(ended.printed[5])
    if "refused" in compiled:
        return result_of(ended, "compile_error", compiled["refused"])
    if ended.broke:
        return result_of(ended, ended.broke, ended.detail)
    if verdict.get("token") != token:
        verdict = {}
    if "lacks" in verdict:
        raise LackingError(verdict["lacks"])
    if "passed" not in verdict or ended.status:
        return result_of(ended, "runtime_error", "the tests' process ended without a verdict")
    outcome = "runtime_error" if verdict["died"] else "finished"
    answer = result_of(ended, outcome, verdict["detail"], passed=verdict["passed"] is True)
    return {**answer, "asks": verdict["asks"], "refused": verdict["refused"]}


def split_channel(said: bytearray) -> tuple[Channel, bytes]:
    """The first line, which was written before any of the program ran, and the rest, which the program may
    forge."""
    line, _, rest = bytes(said).partition(b"\n")
    try:
        first = json.loads(line) if line else {}
    except (ValueError, RecursionError):
        first = {}
    return first if isinstance(first, dict) else {}, rest


def compile_failure(ended: watch.Ended, first: Channel) -> Result | None:
    if "refused" in first:
        return result_of(ended, "compile_error", str(first["refused"])[:DETAIL])
    if "compiled" not in first and not ended.broke:
        return result_of(ended, "compile_error", f"the compiler died: {failure(ended, last_line(ended))}")
    return None


def judge_program(ended: watch.Ended, said: str, limits: Limits) -> Result:
    outcome = outcome_of(ended)
    if outcome == "finished" and len(ended.printed[0]) > limits["result_kb"] * 1024:
        return result_of(ended, "output", f"printed more than {limits['result_kb']} KiB on stdout")
    stdout = ended.printed[0][: limits["result_kb"] * 1024].decode("utf-8", "replace") if outcome != "output" else ""
    if outcome == "finished" and len(stdout.encode()) > limits["result_kb"] * 1024:  # of bytes that are no text
        return result_of(ended, "output", f"printed more than {limits['result_kb']} KiB on stdout, as text")
    detail = "" if outcome == "finished" else ended.detail or failure(ended, said)
    return {**result_of(ended, outcome, detail), "stdout": stdout}


def judge_call(ended: watch.Ended, said: bytes, limits: Limits) -> Result:
    """Reads what came back strictly and up to the limits. The program may have forged it: then it has only returned
    another value."""
    outcome = outcome_of(ended)
    if outcome != "finished":
        return result_of(ended, outcome, ended.detail or failure(ended, last_line(ended)))
    if len(said) > limits["result_kb"] * 1024:
        return result_of(ended, "output", f"returned more than {limits['result_kb']} KiB")
    if has_more_parts(said, limits["parts"]):
        return result_of(ended, "output", f"returned a value of more than {limits['parts']} parts")
    try:
        message = json.loads(said)
        if "raised" in message:
            detail = str(message["raised"])[:DETAIL]
            return result_of(ended, "memory" if detail.startswith("MemoryError") else "runtime_error", detail)
        values.check(value := message["value"])
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        return result_of(ended, "runtime_error", f"no readable value came back: {error}"[:DETAIL])
    return {**result_of(ended, "finished", ""), "value": value}


def outcome_of(ended: watch.Ended) -> str:
    if ended.broke:
        return ended.broke
    if ended.status == 0:
        return "finished"
    said = ended.printed[1][-STDERR_READ:]
    return "memory" if last_line(ended).startswith("MemoryError") or OUT_OF_MEMORY.search(said) else "runtime_error"


def failure(ended: watch.Ended, said: str) -> str:
    """Why it did not end well."""
    if os.WIFSIGNALED(ended.status):
        why = f"killed by {signal_name(os.WTERMSIG(ended.status))}"
    else:
        why = f"exit status {os.waitstatus_to_exitcode(ended.status)}"
    return f"{why}: {said}" if said else why


def signal_name(number: int) -> str:
    """The real-time signals have no names but the first and the last."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def both_ends(ended: watch.Ended) -> str:
    """How stderr begins and ends: most runtimes name the error before a trace, whose length is the program's."""
    said = ended.printed[1].decode("utf-8", "replace").strip()
    return said if len(said) <= DETAIL else f"{said[: DETAIL // 2]} ... {said[-DETAIL // 2 :]}"


def last_line(ended: watch.Ended) -> str:
    lines = ended.printed[1][-STDERR_READ:].decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:DETAIL] if lines else ""


def result_of(ended: watch.Ended, outcome: str, detail: str, passed: bool = False) -> Result:
    text = detail.encode("utf-8", "replace").decode()
    cpu_s, wall_s = round(ended.cpu_s, 4), round(ended.wall_s, 4)
    return {
        "outcome": outcome, "stdout": "", "value": None, "passed": passed, "detail": text,
        "cpu_s": cpu_s, "wall_s": wall_s,
    }  # fmt: skip


def close(fds: Iterable[int]) -> None:
    for fd in fds:
        os.close(fd)
