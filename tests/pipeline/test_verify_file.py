"""`temper verify`: order kept, bad rows stop it before anything runs, our failures are never scores, kills cost no
line."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline import bar
from temper.pipeline.cli import main
from temper.pipeline.verify import verify_file
from temper.sandboxes.job import Job, Result, Sandbox, SandboxError, Stdio
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Item, Judge, Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Verifier

TESTS = {"kind": "stdio", "cases": [{"input": "7", "output": "7"}]}


class Raises(Verifier):
    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return scored(1 / 0)


class Echo:
    """A sandbox that prints its input, later for the jobs that came first; `source` says how often it
    breaks."""

    def __init__(self) -> None:
        self.runs: dict[str, int] = {}
        self.lock = threading.Lock()

    def run(self, job: Job) -> list[Result]:
        with self.lock:
            runs = self.runs[job.source] = self.runs.get(job.source, 0) + 1
        name, _, breaks = job.source.partition(" ")
        if runs <= int(breaks or 0):
            raise SandboxError("the box is gone")
        time.sleep(0.02 if name.endswith("0") else 0)
        assert isinstance(job.tests, Stdio)
        return [Result(outcome="finished", stdout=text) for text in job.tests.inputs]

    def close(self) -> None:
        return


def code(name: str, completion: str) -> dict[str, Any]:
    problem = {"id": name, "prompt": "echo", "verifier": "code", "params": {"tests": TESTS}}
    return {"problem": problem, "completion": completion}


def math(name: str, answer: object, completion: str) -> dict[str, Any]:
    problem = {"id": name, "prompt": "how much?", "verifier": "math", "answer": answer}
    return {"problem": problem, "completion": completion}


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


PLUGINS = Plugins((__name__,))


class Threads:
    """`Verifiers` in threads of this process, over one sandbox."""

    def __init__(self, pool: Executor, sandbox: Sandbox) -> None:
        self.pool, self.here = pool, Judge(sandbox, 2, PLUGINS)

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        return [judgement.result() for judgement in self.ask(items)]

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        return [self.pool.submit(lambda item: self.here.judge([item])[0], item) for item in items]


def judged(
    rows: Path, out: Path, sandbox: Sandbox, workers: int, section: SandboxSection | None = None
) -> dict[str, int]:
    with ThreadPoolExecutor(workers) as pool:
        return verify_file(rows, out, Threads(pool, sandbox), workers, section, PLUGINS)


def test_lines_come_in_the_order_of_the_rows(tmp_path: Path) -> None:
    rows = [code(f"c{i}", f"c{i}") for i in range(30)] + [math(f"m{i}", str(i), "\\boxed{3}") for i in range(300)]
    out = tmp_path / "deep" / "out.jsonl"
    counts = judged(write(tmp_path / "rows.jsonl", rows), out, Echo(), workers=4)
    lines = read(out)
    assert counts == {"rows": 330, "scored": 330, "abstained": 0, "error": 0}
    assert [line["id"] for line in lines] == [row["problem"]["id"] for row in rows]
    assert [line["score"] for line in lines] == [1.0] * 30 + [float(i == 3) for i in range(300)]
    assert set(lines[0]) == {"id", "outcome", "score", "detail", "seconds"}
    assert [path.name for path in out.parent.iterdir()] == ["out.jsonl"]


def test_the_three_outcomes_are_told_apart(tmp_path: Path) -> None:
    rows = [
        math("right", "2", "2"),
        math("wrong", "2", "3"),
        math("no key", None, "2"),
        code("once", "once 1"),
        code("gone", "gone 2"),
        math("surrogate", "2", "\ud800"),
        {
            **math("plugin", "2", "3"),
            "problem": {"id": "plugin", "prompt": "p", "verifier": f"{__name__}:Raises"},
        },
    ]
    sandbox = Echo()
    counts = judged(write(tmp_path / "rows.jsonl", rows), tmp_path / "out.jsonl", sandbox, workers=2)
    lines = {line["id"]: line for line in read(tmp_path / "out.jsonl")}
    assert counts == {"rows": 7, "scored": 4, "abstained": 1, "error": 2}
    assert [(lines[name]["outcome"], lines[name]["score"]) for name in lines] == [
        ("scored", 1.0),
        ("scored", 0.0),
        ("abstained", None),
        ("scored", 1.0),
        ("error", None),
        ("scored", 0.0),
        ("error", None),
    ]
    assert sandbox.runs == {"once 1": 2, "gone 2": 2}
    assert "the box is gone" in lines["gone"]["detail"]
    assert "ZeroDivisionError" in lines["plugin"]["detail"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"problem": math("a", "2", "2")["problem"]}, "rows.jsonl:2: field 'completion' is missing; add it"),
        ({"completion": "2"}, "rows.jsonl:2: field 'problem' is missing; add it"),
        (
            {**math("a", "2", "2"), "completion": 2},
            "rows.jsonl:2: field 'completion': expected text or messages, got 2",
        ),
        (
            {**math("a", "2", "2"), "completions": []},
            "unknown field 'completions'; did you mean 'completion'?",
        ),
        (
            {"problem": {"id": "a", "prompt": "p"}, "completion": ""},
            "rows.jsonl:2: problem: field 'verifier': a row without",
        ),
        (
            {"problem": {"id": "a", "prompt": "p", "verifier": "maths"}, "completion": ""},
            "unknown verifier 'maths'",
        ),
        ({"problem": "p", "completion": ""}, "rows.jsonl:2: field 'problem': expected an object"),
        ("text", "rows.jsonl:2: expected an object"),
    ],
)
def test_a_bad_row_stops_it_before_anything_runs(tmp_path: Path, row: Any, message: str) -> None:
    sandbox, out = Echo(), tmp_path / "out.jsonl"
    out.write_text("older verdicts\n")
    with pytest.raises(ValueError) as caught:
        judged(write(tmp_path / "rows.jsonl", [code("a", "a"), row]), out, sandbox, workers=1)
    assert message in str(caught.value)
    assert not sandbox.runs
    assert out.read_text() == "older verdicts\n"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"tests": {"kind": "magic", "cases": []}}, "field 'params.tests.kind': unknown kind, got 'magic'"),
        ({"language": "cobol"}, "field 'params.language': no language 'cobol'; known: bash"),
        ({"language": "rust"}, "field 'params.language': the sandbox has python, got 'rust'; add it to sandbox."),
        ({"time_limit_s": 0}, "field 'params.time_limit_s': must be greater than 0, got 0"),
        ({"memory_mb": 4096}, "field 'params.memory_mb': over sandbox.memory_mb (2048), got 4096"),
    ],
)
def test_tests_that_no_sandbox_can_run_are_refused_with_their_place(
    tmp_path: Path, params: dict[str, Any], message: str
) -> None:
    sandbox, row = Echo(), code("b", "b")
    row["problem"]["params"].update(params)
    with pytest.raises(ValueError) as caught:
        rows = write(tmp_path / "rows.jsonl", [code("a", "a"), row])
        judged(rows, tmp_path / "out.jsonl", sandbox, workers=1, section=SandboxSection())
    assert f"rows.jsonl:2: problem: {message}" in str(caught.value)
    assert not sandbox.runs


def test_a_program_that_cannot_be_one_scores_0_and_disturbs_no_other(tmp_path: Path) -> None:
    programs = {
        "too long": ("x = 1\n" * (100_000_000 // 6), "the program has 99999996 bytes, more than 262144"),
        "nul": ("```python\nprint(7)\0\n```", "the program holds a NUL"),
        "surrogate": ("print('\ud800')", "the program holds a lone surrogate"),
        "none": ("", "the completion is empty"),
    }
    rows = [code("before", "a"), *(code(name, text) for name, (text, _) in programs.items()), code("after", "b")]
    sandbox = Echo()
    judged(write(tmp_path / "rows.jsonl", rows), tmp_path / "out.jsonl", sandbox, workers=2)
    found = [(line["score"], line["detail"]) for line in read(tmp_path / "out.jsonl")]
    refused = [(0.0, reason) for _, reason in programs.values()]
    assert found == [(1.0, "1 of 1 tests"), *refused, (1.0, "1 of 1 tests")]
    assert sandbox.runs == {"a": 1, "b": 1}


def test_no_workers_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write(tmp_path / "rows.jsonl", [math("a", "2", "2")])
    assert main(["verify", str(rows), "--out", str(tmp_path / "out.jsonl"), "--workers", "0"]) == 2
    assert "--workers: must be 1 or more, got 0" in capsys.readouterr().err


TALLIES = """
import pathlib, time
from temper.verifiers.verdict import scored
from temper.verifiers.verifier import Verifier

class Tallies(Verifier):
    def verify(self, problem, completion, sandbox=None):
        here = pathlib.Path(__file__).parent
        with (here / "tally").open("a") as tally:
            tally.write(problem.id + chr(10))
        while int(problem.id[1:]) >= 30 and not (here / "go").exists():
            time.sleep(0.01)
        return scored(len(problem.id) / 10)
"""


def tallied(folder: Path, rows: int) -> Path:
    """Rows whose verifier, beside them, writes down each one that it judges, and waits for `go` from the 30th on."""
    (folder / "tallies.py").write_text(TALLIES)
    problems = [{"id": f"p{i}", "prompt": "?", "verifier": "tallies:Tallies"} for i in range(rows)]
    return write(folder / "rows.jsonl", [{"problem": problem, "completion": ""} for problem in problems])


def command(rows: Path) -> list[str]:
    out = rows.with_name("out.jsonl")
    words = ["verify", str(rows), "--out", str(out), "--sandbox", "local", "--workers", "2", "--plugins", "tallies"]
    return [sys.executable, "-m", "temper.pipeline", *words]


def partials(folder: Path) -> list[Path]:
    return list(folder.glob(".out.jsonl.*.partial"))


def test_a_killed_run_goes_on_where_it_was_and_a_second_one_is_refused(tmp_path: Path) -> None:
    rows = tallied(tmp_path, 100)
    with subprocess.Popen(command(rows), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as first:
        until = time.monotonic() + 60
        while not (found := partials(tmp_path)) or found[0].read_bytes().count(b"\n") < 30:
            assert first.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        second = subprocess.run(command(rows), capture_output=True, text=True)
        assert second.returncode == 2 and "out.jsonl: another process writes it; wait for its end" in second.stderr
        first.send_signal(signal.SIGKILL)
    assert first.returncode == -signal.SIGKILL and not (tmp_path / "out.jsonl").exists()
    (partial,) = partials(tmp_path)
    judged = [json.loads(line)["id"] for line in partial.read_text().splitlines()]
    assert len(judged) == 30
    (tmp_path / "go").touch()
    with partial.open("a") as file:
        file.write('{"id": "p9')  # a power cut in the middle of a line
    last = subprocess.run(command(rows), capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert "30 of 100 rows were judged before" in last.stderr
    lines = read(tmp_path / "out.jsonl")
    assert [line["id"] for line in lines] == [f"p{i}" for i in range(100)]
    assert last.stdout == "rows 100  scored 100  abstained 0  error 0\n"
    times = Counter((tmp_path / "tally").read_text().split())
    assert len(times) == 100 and all(times[name] == 1 for name in judged)
    assert not partials(tmp_path)


def test_an_interrupt_ends_it_with_a_word_and_leaves_no_process(tmp_path: Path) -> None:
    rows = tallied(tmp_path, 40)
    with subprocess.Popen(command(rows), stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        until = time.monotonic() + 60
        while not (tmp_path / "tally").exists() or (tmp_path / "tally").read_bytes().count(b"\n") < 31:
            assert run.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert run.returncode == 130 and "interrupted; the same command goes on from here" in errors
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)
    assert len(partials(tmp_path)) == 1


def test_other_rows_start_anew_and_say_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [math("a", "2", "2"), math("b", "2", "3")]
    path, out = write(tmp_path / "rows.jsonl", rows), tmp_path / "out.jsonl"
    (tmp_path / ".out.jsonl.0123456789ab.partial").write_text('{"id": "z", "outcome": "scored"}\n')
    neighbour = tmp_path / ".out.jsonl.more.0123456789ab.partial"
    neighbour.touch()
    with caplog.at_level(logging.INFO):
        judged(path, out, Echo(), workers=1)
    assert "starting anew" in caplog.text and "were judged before" not in caplog.text
    assert [line["id"] for line in read(out)] == ["a", "b"]
    assert sorted(tmp_path.iterdir()) == sorted([path, out, neighbour])


def test_a_log_that_nobody_watches_gets_a_line_now_and_then(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar, "LINE_S", 0.0)
    rows = write(tmp_path / "rows.jsonl", [math("a", "2", "2"), math("b", None, "3"), math("c", "2", "3")])
    with caplog.at_level(logging.INFO):
        judged(rows, tmp_path / "out.jsonl", Echo(), workers=1)
    told = [record.getMessage() for record in caplog.records if record.name == bar.__name__]
    assert len(told) == 3
    assert told[1].startswith("verify:  67% 2/3 [") and "scored=1, abstained=1, error=0" in told[1]


def test_memory_holds_only_the_rows_in_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("temper.pipeline.verify.IN_FLIGHT_PER_WORKER", 2)
    sandbox = Echo()
    behind: list[int] = []
    run = sandbox.run

    def watched(job: Job) -> list[Result]:
        partial = partials(tmp_path)[0]
        behind.append(int(job.source) - partial.read_bytes().count(b"\n"))
        return run(job)

    monkeypatch.setattr(sandbox, "run", watched)
    rows = [code(f"c{i}", f"{i}") for i in range(200)]
    judged(write(tmp_path / "rows.jsonl", rows), tmp_path / "out.jsonl", sandbox, workers=2)
    assert len(behind) == 200 and max(behind) <= 2 * 2


SESSION = {"kind": "tables", "set": "row", "tables": {"t": [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]}}
SET: dict[str, Any] = {"name": "set_value", "arguments": {"table": "t", "row": 1, "column": "s", "value": "c"}}


def assistant(content: str, *calls: dict[str, Any]) -> dict[str, Any]:
    made = [{"type": "function", "function": {**one, "arguments": json.dumps(one["arguments"])}} for one in calls]
    return {"role": "assistant", "content": content, "tool_calls": made}


def acted(name: str, *messages: dict[str, Any]) -> dict[str, Any]:
    problem = {"id": name, "prompt": "?", "verifier": "state", "answer": [SET], "session": SESSION}
    return {"problem": problem, "completion": list(messages)}


LIED = {"role": "tool", "content": "whatever another system said"}


def test_the_calls_of_a_completion_of_messages_are_made_again(tmp_path: Path) -> None:
    other = {**SET, "arguments": {**SET["arguments"], "value": "d"}}
    wrong = {"name": "set_value", "arguments": {"table": "t", "row": "one"}}
    rows = [
        acted("right", assistant("I change it.", SET), LIED, assistant("Done.")),
        acted("without a last word", assistant("", SET), LIED),
        acted("pending", assistant("", SET)),
        acted("changed", assistant("", other), LIED, assistant("Done.")),
        acted("nothing", assistant("Done.")),
        acted("refused, then right", assistant("", wrong, {"name": "sell", "arguments": {}}, SET), LIED, LIED, LIED),
        {**acted("as text"), "completion": "Done."},
    ]
    told = acted("of a file of rollouts", assistant(""))
    answered = {"name": SET["name"], "arguments": SET["arguments"], "text": "Changed."}
    told |= {"completion": "Done.", "turns": [{"text": "x", "answered": [answered]}, {"text": "Done."}]}
    path, out = write(tmp_path / "rows.jsonl", [*rows, told]), tmp_path / "out.jsonl"
    verify_file(path, out, Judge(), 1)
    assert {line["id"]: line["score"] for line in read(out)} == {
        "right": 1.0, "without a last word": 1.0, "pending": 0.0, "changed": 0.0, "nothing": 0.0,
        "refused, then right": 1.0, "as text": 0.0, "of a file of rollouts": 1.0,
    }  # fmt: skip


def test_of_messages_without_a_session_the_last_one_is_judged(tmp_path: Path) -> None:
    row = math("m", "3", "") | {"completion": [assistant("", SET), LIED, assistant("\\boxed{3}")]}
    path, out = write(tmp_path / "rows.jsonl", [row]), tmp_path / "out.jsonl"
    verify_file(path, out, Judge(), 1)
    assert [line["score"] for line in read(out)] == [1.0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"completion": []}, "field 'completion': no message"),
        ({"completion": [LIED]}, "field 'completion.0.role': got 'tool'"),
        (
            {"completion": [assistant("x"), {"role": "user", "content": "go on"}]},
            "field 'completion.1.role': got 'user'",
        ),
        ({"completion": ["x"]}, "field 'completion.0': expected a message"),
        ({"completion": [{"role": "assistant", "content": 3}]}, "field 'completion.0.content': expected text"),
        ({"completion": [{"role": "assistant", "tool_calls": [3]}]}, "field 'completion.0.tool_calls': no call"),
        ({"completion": [assistant("x")], "turns": [{"text": "x"}]}, "field 'turns': beside messages"),
        ({"completion": "x", "turns": [{"text": "y"}]}, "field 'completion': not what the last of 'turns' says"),
        ({"completion": "x", "turns": [{"said": "x"}]}, "field 'turns.0"),
    ],
)
def test_what_is_no_completion_of_messages_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "rows.jsonl", [{**acted("a", assistant("")), **changes}])
    with pytest.raises(ValueError, match=rf"rows\.jsonl:1: .*{said}"):
        verify_file(path, tmp_path / "out.jsonl", Judge(), 1)


def test_calls_that_nobody_can_make_are_an_error_of_ours_and_no_score(tmp_path: Path) -> None:
    """A session that needs a sandbox, judged without one: its rows are tried again and then are errors."""
    code = {"name": "python", "arguments": {"code": "17.2"}}
    row = acted("p", assistant("", code), LIED, assistant("Done."))
    row["problem"] |= {"session": {"kind": "python"}, "verifier": "results", "answer": [17.2]}
    path, out = write(tmp_path / "rows.jsonl", [row]), tmp_path / "out.jsonl"
    verify_file(path, out, Judge(tries=2), 1)
    (line,) = read(out)
    assert line["outcome"] == "error" and line["detail"] == "session: a python session needs a sandbox"
