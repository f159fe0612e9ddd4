"""The three kinds of tests, from a job to its results: which children each needs and what their ends mean."""

import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

from temper.sandboxes import values, watch
from temper.sandboxes.languages import LANGUAGES, PYTHON, Language

if TYPE_CHECKING:
    from temper.sandboxes.supervisor import Place

COMPILE_LIMITS = {"cpu_s": 30.0, "memory_mb": 1024, "output_kb": 256, "processes": 64}
DETAIL = 500
Answer = dict[str, Any]


class LackingError(Exception):
    """The tests need something that this sandbox does not have: nobody's score."""


def run(place: "Place", job: Any) -> list[Answer]:
    """One answer a test, shaped like `Result`."""
    language, kind = LANGUAGES[job["language"]], job["tests"]["kind"]
    keep = frozenset[str]()
    if language.compile:
        refused = compile_program(place, job, language)
        if refused:
            return [refused] * count(job)
        keep = frozenset(os.listdir(place.box))
    if kind == "unit":
        return [run_unit(place, job)]
    answers: list[Answer] = []
    code = None
    for number in range(count(job)):
        if answers and answers[-1]["outcome"] == "compile_error":
            answers.append(answers[-1])
            continue
        if answers and job["stop_after_failure"] and answers[-1]["outcome"] != "finished":
            answers.append({**answers[-1], "detail": "not run: an earlier test failed"})
            continue
        if number:
            place.empty(keep)
        answer, code = run_one(place, job, number, code)
        answers.append(answer)
    return answers


def count(job: Any) -> int:
    tests = job["tests"]
    return len(tests["inputs"]) if tests["kind"] == "stdio" else len(tests["calls"]) if tests["kind"] == "call" else 1


def compile_program(place: "Place", job: Any, language: Language) -> Answer | None:
    """Compiles once, under limits of its own; the artefacts stay in the box for the tests."""
    payload = {"source": job["source"], "file": language.file, "argv": language.compile}
    ended = run_child(place, "exec", payload, b"", COMPILE_LIMITS, address_limit=False)
    if not ended.broke and ended.status == 0:
        return None
    said = ended.printed[1].decode("utf-8", "replace").strip()
    return answer_of(ended, "compile_error", ended.detail or said[:DETAIL] or "the compiler failed")


def run_one(place: "Place", job: Any, number: int, code: str | None) -> tuple[Answer, str | None]:
    """One input or one call. Also hands back the code object (as hex) that the first child compiled."""
    tests, limits = job["tests"], job["limits"]
    language = LANGUAGES[job["language"]]
    stdin = b""
    payload: Answer = {"source": None if language.compile else job["source"], "file": language.file}
    if tests["kind"] == "stdio":
        stdin = tests["inputs"][number].encode("utf-8", "surrogatepass")
    if job["language"] != PYTHON:
        ended = run_child(place, "exec", {**payload, "argv": language.run}, stdin, limits, language.address_limit)
        return judge_program(ended), None
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
    answer = judge_program(ended) if do == "program" else judge_call(ended, rest)
    return answer, code or first.get("compiled") or None


def run_child(place: "Place", do: str, payload: Answer, stdin: bytes, limits: Any, address_limit: bool) -> watch.Ended:
    """Forks, attends, kills and cleans up after one child. Printed: stdout, stderr, channel."""
    from temper.sandboxes.supervisor import memory_file

    readers, writers = zip(*(place.pipe() for _ in range(3)), strict=True)
    source = memory_file(stdin)
    request = {"do": do, "uid": place.uids[0], "rlimits": kernel_limits(place, limits, address_limit)}
    pid = place.spawn(request, [source, *writers], payload)
    close([source, *writers])
    ended = watch.attend(pid, list(readers[:2]), list(readers[2:]), limits, place.look)
    place.finish(ended, [pid], limits)
    watch.drain(ended, list(readers), limits, streams=2)
    close(readers)
    return ended


def kernel_limits(place: "Place", limits: Any, address_limit: bool) -> Answer:
    countable = place.uids[0] is not None or place.pid_namespace
    return dict(watch.rlimits(limits, address_limit, countable))


def run_unit(place: "Place", job: Any) -> Answer:
    """Two processes, two uids, one socket between them; the verdict is what the tests' process says on its
    pipe."""
    tests, limits = job["tests"], job["limits"]
    null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    pipes = [place.pipe() for _ in range(6)]
    readers, writers = zip(*pipes, strict=True)
    ours, theirs = socket.socketpair()
    request = {"rlimits": kernel_limits(place, limits, address_limit=True)}
    program = {"source": job["source"], "file": "solution.py", "code": None, "want_code": False}
    solution = place.spawn(
        {**request, "do": "solution", "uid": place.uids[0]},
        [null, writers[0], writers[1], writers[4], theirs.fileno()],
        {**program, "prelude": tests["prelude"]},
    )
    payload = {key: tests[key] for key in ("code", "prelude", "entry_points")} | {"path": place.tests_path}
    tester = place.spawn(
        {**request, "do": "tests", "uid": place.uids[1]},
        [null, writers[2], writers[3], writers[5], ours.fileno()],
        payload,
    )
    ours.close()
    theirs.close()
    close([null, *writers])
    ended = watch.attend(tester, list(readers[:4]), list(readers[4:]), limits, place.look)
    place.finish(ended, [tester, solution], limits)
    watch.drain(ended, list(readers), limits, streams=4)
    close(readers)
    return judge_unit(ended)


def judge_unit(ended: watch.Ended) -> Answer:
    compiled, _ = split_channel(ended.printed[4])
    verdict, _ = split_channel(ended.printed[5])
    if "refused" in compiled:
        return answer_of(ended, "compile_error", compiled["refused"])
    if ended.broke:
        return answer_of(ended, ended.broke, ended.detail)
    if "lacks" in verdict:
        raise LackingError(verdict["lacks"])
    if "passed" not in verdict or ended.status:
        return answer_of(ended, "runtime_error", "the tests' process ended without a verdict")
    outcome = "runtime_error" if verdict["died"] else "finished"
    return answer_of(ended, outcome, verdict["detail"], passed=verdict["passed"] is True)


def split_channel(said: bytearray) -> tuple[Answer, bytes]:
    """The first line, which was written before any of the program ran, and the rest, which the program may
    forge."""
    line, _, rest = bytes(said).partition(b"\n")
    try:
        first = json.loads(line) if line else {}
    except (ValueError, RecursionError):
        first = {}
    return first if isinstance(first, dict) else {}, rest


def compile_failure(ended: watch.Ended, first: Answer) -> Answer | None:
    if "refused" in first:
        return answer_of(ended, "compile_error", str(first["refused"])[:DETAIL])
    if "compiled" not in first and not ended.broke:
        return answer_of(ended, "compile_error", f"the compiler died: {failure(ended)}")
    return None


def judge_program(ended: watch.Ended) -> Answer:
    outcome = outcome_of(ended)
    stdout = ended.printed[0].decode("utf-8", "replace") if outcome != "output" else ""
    detail = "" if outcome == "finished" else ended.detail or failure(ended)
    return {**answer_of(ended, outcome, detail), "stdout": stdout}


def judge_call(ended: watch.Ended, said: bytes) -> Answer:
    """Reads what came back, strictly; encoding it anew makes it canonical whoever wrote it."""
    outcome = outcome_of(ended)
    if outcome != "finished":
        return answer_of(ended, outcome, ended.detail or failure(ended))
    try:
        message = json.loads(said)
        if "raised" in message:
            detail = str(message["raised"])[:DETAIL]
            return answer_of(ended, "memory" if detail.startswith("MemoryError") else "runtime_error", detail)
        value = values.encode(values.decode(message["value"]))
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        return answer_of(ended, "runtime_error", f"no readable value came back: {error}"[:DETAIL])
    return {**answer_of(ended, "finished", ""), "value": value}


def outcome_of(ended: watch.Ended) -> str:
    if ended.broke:
        return ended.broke
    if ended.status == 0:
        return "finished"
    return "memory" if last_line(ended).startswith("MemoryError") else "runtime_error"


def failure(ended: watch.Ended) -> str:
    """Why it did not end well, in a line."""
    if os.WIFSIGNALED(ended.status):
        return f"killed by {signal.Signals(os.WTERMSIG(ended.status)).name}"
    return f"exit status {os.waitstatus_to_exitcode(ended.status)}: {last_line(ended)}".rstrip(": ")


def last_line(ended: watch.Ended) -> str:
    lines = ended.printed[1][-4000:].decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:DETAIL] if lines else ""


def answer_of(ended: watch.Ended, outcome: str, detail: str, passed: bool = False) -> Answer:
    text = detail.encode("utf-8", "replace").decode()
    figures = {"cpu_s": round(ended.cpu_s, 4), "wall_s": round(ended.wall_s, 4)}
    return {"outcome": outcome, "stdout": "", "value": None, "passed": passed, "detail": text, **figures}


def close(fds: Any) -> None:
    for fd in fds:
        os.close(fd)
