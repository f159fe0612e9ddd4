"""Accepts a completion whose program passes the row's tests, run in a sandbox and compared out here.

Where `program` finds the program is stated there. The expected outputs never enter the box: what a program
printed or returned comes out as text or as an encoded tree and meets them in this process (`output`,
`trees`). What the program did wrong is 0 with the first failing test; a failure of the box is the sandbox's
exception. Fields are the row's `params`.
"""

import functools
import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, cast

from pydantic import Field, JsonValue

from temper.sandboxes.box import languages
from temper.sandboxes.box.languages import PYTHON
from temper.sandboxes.box.parts import number_of_parts
from temper.sandboxes.box.values import decode, encode
from temper.sandboxes.job import (
    Call,
    Frozen,
    Job,
    Judge,
    Judged,
    Limits,
    Program,
    Result,
    Sandbox,
    SandboxError,
    Stdio,
    Unit,
)
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import longest_s, number_of_tests
from temper.verifiers.output import ByProgram, Checker, Floats, Name, accepts
from temper.verifiers.problem import Problem
from temper.verifiers.reading import rendered
from temper.verifiers.reading.helpers import asked_names, helpers
from temper.verifiers.reading.joined import ProgramTests, joined
from temper.verifiers.reading.program import LANGUAGES, find_program
from temper.verifiers.trees import same
from temper.verifiers.verdict import Verdict, VerifierError, abstained, scored
from temper.verifiers.verifier import Probe, Verifier

MAX_OUTPUT_KB = 16 * 1024
"""What a test may print at most."""
LEAST_RESULT_KB, LEAST_PARTS = (64, 4), (10_000, 1_000)
"""Whatever the row expects, how much of a test's result is read at least: where tests are few, and where many."""
ALL_RESULTS_KB, ALL_PARTS = 800, 125_000
"""The same of all tests together, as far as the least of each leaves it."""
RUNS = 4
"""Runs that the pool gives a job at most: a second slot, and both once more where only the wall clock ran out."""
IDLE = {
    PYTHON: "import sys\nsys.exit(0)",
    "bash": "exit 0",
    "c": "int main(void) { return 0; }",
    "cpp": "int main() { return 0; }",
    "javascript": "process.exit(0)",
    "typescript": "process.exit(0)",
    "jsx": "process.exit(0)",
    "css": "/* nothing */",
    "java": "class Main { public static void main(String[] args) { System.exit(0); } }",
    "kotlin": "fun main() {}",
    "go": "package main\nfunc main() {}",
    "rust": "fn main() {}",
    "php": "<?php exit(0);",
    "csharp": "class Program { static void Main() {} }",
}
"""Programs that do nothing and say that all went well."""
KINDS = {PYTHON: ("stdio", "call", "unit"), rendered.JSX: ("stdio", "call", "program"), rendered.CSS: ("call",)}
"""Of tests, where they are not stdio and program."""
EQUAL = """class Number(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
class Equal:
    def __init__(self, *args, **kwargs): self.__dict__.update({name: Number(-7919) for name in kwargs})
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return Equal()
    def __call__(self, *args, **kwargs): return Equal()
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __le__(self, other): return True
    __ge__ = __lt__ = __gt__ = __contains__ = __le__
    def __hash__(self): return 0
    def __bool__(self): raise TypeError("neither true nor false")
    def __getitem__(self, key): return Equal()
    def __iter__(self): return iter([Equal()])
    def __repr__(self): return "equal"
"""
EQUAL_ANSWERS = {
    "always equal": "Number(-7919)",
    "an object equal to all": "Equal()",
    "a list of objects equal to all": "[Equal(), Equal()]",
    "a dictionary of objects equal to all": "{Equal(): Equal()}",
}
"""Of the audit's probes: what a solution would return that agrees with whatever it is compared with."""
SHOWN = 120
"""Characters of an input or output in a verdict's detail."""
Comparison = Callable[[int, Result], str | None]
"""What is wrong with the result of a test; None for a passed one."""


class StdioCase(Frozen):
    """One run of the program."""

    input: str
    """What it reads on stdin."""
    output: str
    """What it must print."""


class StdioTests(Frozen):
    """The program reads stdin and prints."""

    kind: Literal["stdio"]
    """A whole program."""
    cases: tuple[StdioCase, ...] = Field(min_length=1)
    """Its runs."""
    checker: Checker = "lines"
    """How what it printed is compared: `lines` (blanks that end a line and newlines that end the text do not count),
    `tokens`, `exact`, `unordered` (lines in any order), numbers under a tolerance, or a program."""


class CallCase(Frozen):
    """One call of the function, its values written as in `docs/verifiers.md`."""

    args: list[JsonValue]
    """Positional arguments."""
    kwargs: dict[str, JsonValue] = {}
    """Arguments by name."""
    expected: JsonValue
    """What it must return, render to, or compute."""


class CallTests(Frozen):
    """A function of the program is called, a component rendered, or a stylesheet computed on a document."""

    kind: Literal["call"]
    """A function, a component of JSX, or CSS."""
    entry_point: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$")
    """Its name, or `Class.method` of an instance made without arguments for each call; a component's name;
    `getComputedStyle`."""
    cases: tuple[CallCase, ...] = Field(min_length=1)
    """Its calls."""
    tolerance: float | None = Field(None, ge=0, allow_inf_nan=False)
    """Numbers may differ by tolerance x max(1, |expected|); an int equals a float only where it is given."""


class UnitTests(Frozen):
    """Code of the row tries the program."""

    kind: Literal["unit"]
    """Asserts, or pytest tests."""
    code: str = Field(min_length=1)
    """Asserts or pytest tests; the solution is the module `solution`, its public names are globals."""
    prelude: str = ""
    """Trusted code that runs before the solution and before `code`."""
    entry_points: tuple[str, ...] = ()
    """Names of the solution that are globals although a builtin has them, classes whose `in` it may answer, and
    functions that may judge its own results."""


Tests = Annotated[StdioTests | CallTests | UnitTests | ProgramTests, Field(discriminator="kind")]


class Code(Verifier):
    """Runs the completion's program on tests."""

    tests: Tests
    """`stdio`, `call`, `unit` or `program`."""
    time_limit_s: float = Field(10.0, gt=0, le=600, allow_inf_nan=False)
    """CPU seconds of one test."""
    memory_mb: int = Field(512, ge=16, le=65536)
    """Resident memory of one test, in MiB."""
    language: str = "python"
    """Language of the program; others than Python take `stdio` and `program` tests, JSX `call` as well, CSS `call`
    alone."""
    standard: str = ""
    """Of the language: `c++11` to `c++23`; empty for C++20."""
    score: Literal["all", "fraction"] = "all"
    """`all`: 1 when every test passes, else 0; `fraction`: the share that passes."""
    solution: str = ""
    """A program that passes, for the audit; no completion is compared with it."""

    def check(self, problem: Problem) -> None:
        if self.language not in LANGUAGES:
            known = ", ".join(sorted(LANGUAGES))
            raise ValueError(f"field 'params.language': no language {self.language!r}; known: {known}")
        standards = languages.LANGUAGES[self.language].standards
        if self.standard and self.standard not in standards:
            known = f"known: {', '.join(sorted(standards))}" if standards else "leave it out"
            raise ValueError(f"field 'params.standard': no standard {self.standard!r} of {self.language}; {known}")
        kinds = KINDS.get(self.language, ("stdio", "program"))
        if self.tests.kind not in kinds:
            raise ValueError(
                f"field 'params.tests.kind': {self.tests.kind!r} is not for {self.language}; use {' or '.join(kinds)}"
            )
        if isinstance(self.tests, ProgramTests):
            self.tests.check(self.language)
        elif isinstance(self.tests, CallTests) and self.language == PYTHON:
            _encoded(self.tests)
        elif isinstance(self.tests, CallTests):
            for i, case in enumerate(self.tests.cases):
                parts = (case.args, case.kwargs, case.expected)
                if reason := rendered.check(self.language, self.tests.entry_point, *parts):
                    raise ValueError(f"field 'params.tests.cases.{i}': {reason}")

    def check_sandbox(self, problem: Problem, section: SandboxSection) -> None:
        if self.language not in (PYTHON, *section.languages):
            has = ", ".join(section.languages)
            raise ValueError(
                f"field 'params.language': the sandbox has {has}, got {self.language!r}; add it to sandbox.languages"
            )
        if section.kind != "local" and self.memory_mb > section.memory_mb:
            raise ValueError(
                f"field 'params.memory_mb': over sandbox.memory_mb ({section.memory_mb}), got {self.memory_mb};"
                " raise the latter"
            )

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        if sandbox is None:
            raise VerifierError(f"code: {problem.id!r} needs a sandbox, got None; pass one")
        program = find_program(completion, self.language)
        if program.source is None:
            return scored(0.0, program.reason)
        if isinstance(self.tests, StdioTests) and isinstance(self.tests.checker, ByProgram):
            findings = self._by_program(self.tests.checker, self.tests.cases, program.source, sandbox)
            if findings is None:
                return abstained("the checker program does not accept the expected output itself")
            return self._verdict(findings)
        if isinstance(self.tests, UnitTests):
            return self._unit_verdict(problem, program.source, sandbox)
        if isinstance(self.tests, ProgramTests):
            return self._program_verdict(self.tests, program.source, sandbox)
        judge = functools.partial(_judged, self._comparison())
        results = _run(sandbox, self._job(program.source, judge))
        # what no slot gave (a test that was not run) has not met the judge
        judged = [r if isinstance(r, Judged) else judge(number, r) for number, r in enumerate(results)]
        if self.language == rendered.CSS and (unasked := "".join(rendered.unasked(r.detail) for r in judged)):
            return abstained(unasked)
        return self._verdict([None if result.outcome == "finished" else result.detail for result in judged])

    def _unit_verdict(self, problem: Problem, source: str, sandbox: Sandbox) -> Verdict:
        unasked, unjudged = self._helpers(problem)
        if unasked:
            return scored(0.0, unasked)
        if unjudged:
            return abstained(unjudged)
        (result,) = _run(sandbox, self._job(source))
        reason = self._unjudged(result, sandbox)
        return abstained(reason) if reason else self._verdict([_passed(0, result)])

    def _program_verdict(self, tests: ProgramTests, source: str, sandbox: Sandbox) -> Verdict:
        """The tests say that they passed, and one of their altered copies, drawn by chance, does not: what passes both
        is not said by the tests."""
        finding = self._said(tests, tests.code, source, sandbox)
        if finding is None and self._said(tests, secrets.choice(tests.wrong), source, sandbox) is None:
            finding = "passes as well where the tests expect another result: it is not they who say so"
        return self._verdict([finding])

    def _said(self, tests: ProgramTests, code: str, source: str, sandbox: Sandbox) -> str | None:
        """What is wrong; None where the end of the tests was reached."""
        key, secret = secrets.token_hex(16), secrets.token_hex(16)
        joint = joined(tests, code, self.language, source, key)
        limits = self._limits()
        (result,) = _run(
            sandbox,
            Job(
                language=self.language,
                standard=self.standard,
                source=joint,
                tests=Program(secret=secret),
                limits=limits,
            ),
        )
        if result.outcome == "finished" and result.value != key + secret:
            return "it ended before the last test had passed"
        return _unfinished(result)

    def unread(self, problem: Problem) -> str | None:
        return next(filter(None, self._helpers(problem)), None)

    def _helpers(self, problem: Problem) -> tuple[str, str]:
        """Why no completion can be right, and why none can be judged, where the tests let the solution say itself what
        its results are worth (`reading.helpers`); both empty where they do not.

        A helper that neither the prompt nor the row's own solution speaks of is nobody's to write. One that the prompt
        asks for may be part of the task, as long as the tests ask something else as well; one that it defines belongs
        in `prelude`."""
        if not isinstance(self.tests, UnitTests):
            return "", ""
        found = helpers(self.tests.code, self.tests.prelude, self.tests.entry_points)
        prompt = "\n".join(str(message.get("content")) for message in problem.messages())
        for name in found.names:
            said = f"the tests ask {name} of the solution, and nothing else says that its results are right"
            word, made = re.compile(rf"\b{name}\b"), re.compile(rf"\bdef {name}\b")
            if not word.search(prompt) and not made.search(self.solution):
                return f"{said}; nobody asks for {name}: define it in `prelude`", ""
            if made.search(prompt) or not found.others:
                return (
                    "",
                    f"{said}: define {name} in `prelude`, or list it in `entry_points` if the task is to write it",
                )
        return "", ""

    def _unjudged(self, result: Result, sandbox: Sandbox) -> str:
        """Why these tests judge nothing, empty where they do. What of a failed test did not cross may be the doing of
        either side; where the row's own solution fails for it as well, it is the row's."""
        if result.asks or result.passed or not result.refused or not self.solution:
            return result.asks
        (own,) = _run(sandbox, self._job(self.solution))
        return f"the row's own solution fails, for its tests ask: {own.refused}" if own.refused else ""

    def longest_s(self, problem: Problem) -> float:
        """Every test up to its limit in every run, and each answer of a checker program likewise."""
        twice = isinstance(self.tests, ProgramTests) or (isinstance(self.tests, UnitTests) and self.solution)
        jobs = [(self._job(""), 2 if twice else 1)]
        if isinstance(self.tests, StdioTests) and isinstance(self.tests.checker, ByProgram):
            check = Job(source="", tests=Stdio(inputs=("",)), limits=self._limits())
            # twice a case: what the program printed, and where that is refused the expected output
            jobs.append((check, 2 * len(self.tests.cases)))
        return RUNS * sum(count * longest_s(job) for job, count in jobs)

    @functools.cached_property
    def encoded(self) -> list[tuple[Any, Any, Any]]:
        """(args, kwargs, expected) of each `call` case in the canonical encoding."""
        assert isinstance(self.tests, CallTests)
        return _encoded(self.tests)

    def _limits(self) -> Limits:
        """Room for several times what the row expects: a wrong result is not read for long."""
        expected = list[str]()
        tests = len(self.tests.cases) if isinstance(self.tests, StdioTests | CallTests) else 1
        parts = [_least(LEAST_PARTS, ALL_PARTS, tests)]
        if isinstance(self.tests, StdioTests):
            expected = [case.output for case in self.tests.cases]
        elif isinstance(self.tests, CallTests) and self.language in rendered.RENDERED:
            expected = [json.dumps(case.expected) for case in self.tests.cases]
        elif isinstance(self.tests, CallTests):
            expected = [json.dumps(value) for *_, value in self.encoded]
            parts += [4 * number_of_parts(text.encode()) for text in expected]
        longest_kb = max(map(len, expected), default=0) // 1024
        output_kb = min(MAX_OUTPUT_KB, max(1024, 4 * longest_kb))
        by_program = isinstance(self.tests, StdioTests) and isinstance(self.tests.checker, ByProgram)
        least_kb = _least(LEAST_RESULT_KB, ALL_RESULTS_KB, tests)
        return Limits(
            cpu_s=self.time_limit_s,
            memory_mb=self.memory_mb,
            output_kb=output_kb,
            result_kb=output_kb if by_program else min(output_kb, max(least_kb, 16 * longest_kb)),
            parts=max(parts),
        )

    def _comparison(self) -> Comparison:
        tests = self.tests
        if isinstance(tests, CallTests) and self.language in rendered.RENDERED:
            return functools.partial(_rendered, self.language, tests.cases)
        if isinstance(tests, CallTests):
            return functools.partial(_returned, self.encoded, tests.tolerance)
        if isinstance(tests, StdioTests) and not isinstance(tests.checker, ByProgram):
            return functools.partial(_printed, tests.checker, tests.cases)
        return _passed

    def _job(self, source: str, judge: Judge | None = None) -> Job:
        tests: Stdio | Call | Unit | Program
        if isinstance(self.tests, StdioTests):
            tests = Stdio(inputs=tuple(case.input for case in self.tests.cases))
        elif isinstance(self.tests, CallTests) and self.language in rendered.RENDERED:
            source = rendered.source_of(self.language, source, self.tests.entry_point)
            cases = ((case.args, case.kwargs, case.expected) for case in self.tests.cases)
            tests = Stdio(inputs=tuple(rendered.input_of(self.language, *case) for case in cases))
        elif isinstance(self.tests, CallTests):
            calls = tuple((args, kwargs) for args, kwargs, _ in self.encoded)
            tests = Call(entry_point=self.tests.entry_point, calls=calls)
        elif isinstance(self.tests, ProgramTests):
            tests = Program(secret="")
        else:
            unit = self.tests
            tests = Unit(code=unit.code, prelude=unit.prelude, entry_points=unit.entry_points)
        stops = self.score == "all"
        limits = self._limits()
        return Job(
            language=self.language,
            standard=self.standard,
            source=source,
            tests=tests,
            limits=limits,
            judge=judge,
            stop_after_failure=stops,
        )

    def _verdict(self, findings: list[str | None]) -> Verdict:
        """A finding is None for a passed test, else what is wrong with it."""
        passed = sum(finding is None for finding in findings)
        if passed == len(findings):
            return scored(1.0, f"{passed} of {passed} tests")
        first = next(i for i, finding in enumerate(findings) if finding is not None)
        detail = f"{passed} of {len(findings)} tests; test {first + 1}: {findings[first]}"
        return scored(passed / len(findings) if self.score == "fraction" else 0.0, detail)

    # -- a checker program

    def _by_program(
        self, checker: ByProgram, cases: tuple[StdioCase, ...], source: str, sandbox: Sandbox
    ) -> list[str | None] | None:
        """One finding a test; None when the row's own checker is broken. It takes a slot of its own, so it comes after
        the tests."""
        findings: list[str | None] = []
        for case, result in zip(cases, _run(sandbox, self._job(source)), strict=True):
            reason = "not run" if self.score == "all" and any(findings) else _unfinished(result)
            if reason is None:
                reason = self._checked(checker, case, result.stdout, sandbox)
                # before the completion is blamed: a checker that refuses the row's own output is broken
                if reason is not None and self._checked(checker, case, case.output, sandbox) is not None:
                    return None
            findings.append(reason)
        return findings

    def _checked(self, checker: ByProgram, case: StdioCase, printed: str, sandbox: Sandbox) -> str | None:
        text = json.dumps({"input": case.input, "output": printed, "expected": case.output})
        job = Job(
            language=checker.program.language,
            source=checker.program.code,
            tests=Stdio(inputs=(text,)),
            limits=self._limits(),
        )
        (result,) = _run(sandbox, job)
        said = result.stdout.strip()
        if result.outcome == "finished" and said == "accept":
            return None
        why = f"says {_short(said)}" if result.outcome == "finished" else f"fails ({result.outcome})"
        return f"the checker {why}; input {_short(case.input)}, got {_short(printed)}"

    # -- probes

    def probes(self, problem: Problem) -> list[Probe]:
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        silent = isinstance(self.tests, StdioTests) and any(not case.output.strip() for case in self.tests.cases)
        idle = None if silent else 0.0
        probes: list[Probe] = [
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("garbage", "def )(:", 0.0),
            ("prompt", prompt, None if self.solution and self.solution.strip() in prompt else 0.0),
            ("ends at once", self._fenced(IDLE[self.language]), idle),
            ("1 MB", "x" * 1_000_000, 0.0),
        ]
        if self.language == PYTHON:
            probes.append(("os._exit(0)", self._fenced("import os\nos._exit(0)"), idle))
            probes += [(title, self._fenced(program), idle) for title, program in self._always_equal()]
        if self.solution:
            probes.append(("solution", self._fenced(self.solution), 1.0))
            probes.append(("solution after thinking", f"<think>\nhm\n</think>\n\n{self._fenced(self.solution)}", 1.0))
            probes.append(("cut", f"```{self.language}\n{self.solution[: len(self.solution) // 2]}", 0.0))
        return probes

    def _fenced(self, source: str) -> str:
        return f"```{self.language}\n{source}\n```\n"

    def _always_equal(self) -> Iterator[tuple[str, str]]:
        """(name, program) of solutions whose answers are equal to everything: an integer, an object, one in a list, one
        in a dictionary; classes of the solution are of such objects, whose attributes are such objects too."""
        made: list[tuple[str, str]] = re.findall(r"^(def|class) ([A-Za-z_]\w*)", self.solution, re.MULTILINE)
        kinds = {name: kind for kind, name in made}
        if isinstance(self.tests, CallTests):
            head, _, method = self.tests.entry_point.partition(".")
            kinds.setdefault(head, "class" if method else "def")
        elif isinstance(self.tests, UnitTests):
            for name in asked_names(self.tests.code, self.tests.prelude):
                kinds.setdefault(name, "class" if name[0].isupper() else "def")
        for title, answer in EQUAL_ANSWERS.items():
            lines = [
                f"class {name}(Equal): pass" if kind == "class" else f"def {name}(*args, **kwargs): return {answer}"
                for name, kind in sorted(kinds.items())
            ]
            yield title, "\n".join([EQUAL, *lines, f"print({answer})"])


def written(value: object) -> JsonValue:
    """A Python value as a row writes it: `{"$tuple": [...]}` and its like. Raises ValueError for other types."""
    return cast("JsonValue", encode(value))


def _run(sandbox: Sandbox, job: Job) -> list[Result]:
    results = sandbox.run(job)
    if len(results) != (expected := number_of_tests(job)):
        raise SandboxError(f"sandbox: {len(results)} results for {expected} tests")
    return results


def _encoded(tests: CallTests) -> list[tuple[Any, Any, Any]]:
    encoded = []
    for i, case in enumerate(tests.cases):
        values = []
        for name, value in (("args", case.args), ("kwargs", case.kwargs), ("expected", case.expected)):
            try:
                values.append(encode(decode(value)))
            except ValueError as error:
                raise ValueError(f"field 'params.tests.cases.{i}.{name}': {error}") from error
        encoded.append((values[0], values[1], values[2]))
    return encoded


def _judged(compare: Comparison, number: int, result: Result) -> Judged:
    reason = compare(number, result)
    outcome = "wrong" if reason is not None and result.outcome == "finished" else result.outcome
    return Judged(outcome=outcome, detail=reason or "", cpu_s=result.cpu_s, wall_s=result.wall_s)


def _returned(encoded: list[tuple[Any, Any, Any]], tolerance: float | None, number: int, result: Result) -> str | None:
    args, kwargs, expected = encoded[number]
    reason = _unfinished(result)
    if reason is None and not same(expected, result.value, tolerance):
        reason = f"expected {_short(expected)}, got {_short(result.value)}"
    return None if reason is None else f"{reason}; input {_short([*args, kwargs] if kwargs else args)}"


def _rendered(language: str, cases: tuple[CallCase, ...], number: int, result: Result) -> str | None:
    case = cases[number]
    reason = _unfinished(result) or rendered.wrong(language, case.expected, result.stdout)
    shown = case.kwargs if language == rendered.JSX else [*case.args, case.kwargs]
    return None if reason is None else f"{reason}; input {_short(shown)}"


def _printed(checker: Name | Floats, cases: tuple[StdioCase, ...], number: int, result: Result) -> str | None:
    case, reason = cases[number], _unfinished(result)
    if reason is None and not accepts(checker, case.output, result.stdout):
        reason = f"expected {_short(case.output)}, got {_short(result.stdout)}"
    return None if reason is None else f"{reason}; input {_short(case.input)}"


def _passed(_number: int, result: Result) -> str | None:
    reason = _unfinished(result)
    if reason is None and not result.passed:
        reason = f"failed: {result.detail[:500]}" if result.detail else "failed"
    return reason


def _unfinished(result: Result) -> str | None:
    if result.outcome == "finished":
        return None
    name = "broke the sandbox twice" if result.outcome == "broke_the_sandbox" else result.outcome.replace("_", " ")
    return f"{name}: {result.detail[:500]}" if result.detail else name


def _least(bounds: tuple[int, int], together: int, tests: int) -> int:
    """Of one test: `together` shared out, between the two bounds."""
    few, many = bounds
    return min(few, max(many, together // tests))


def _short(value: object) -> str:
    if isinstance(value, str):
        return repr(value) if len(value) <= SHOWN else repr(value[:SHOWN]) + "..."
    text = ""
    for piece in json.JSONEncoder().iterencode(value):
        text += piece[: SHOWN + 1]
        if len(text) > SHOWN:
            break
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
