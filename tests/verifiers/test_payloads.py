"""No text is ever executed: payloads at every entry point of every verifier that reads text, and none leaves a mark."""
# payloads, one a line
# ruff: noqa: E501

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from temper.verifiers.problem import Problem
from temper.verifiers.table import verifier_for

MARK = "/tmp/temper-payload-mark"
CALL = f"__import__('os').system('touch {MARK}')"
OPEN = f"open('{MARK}','w')"
PAYLOADS = [
    CALL, OPEN, f"eval({CALL!r})", f"exec({OPEN!r})", f"compile({OPEN!r},'','exec')", f"(lambda: {CALL})()", f"[{CALL} for _ in '1']",
    f"{{{CALL}}}", f"({CALL},)", f"{CALL}+1", f"1+{CALL}", f"1 if {CALL} else 2", f"x={CALL}", f"f({CALL})", f"sqrt({CALL})",
    f"().__class__.__base__.__subclasses__()[0] and {OPEN}", "().__class__.__mro__[1].__subclasses__()", "(1).__class__.__bases__[0]",
    f"getattr(__builtins__,'op'+'en')('{MARK}','w')", f"globals()['__builtins__']['open']('{MARK}','w')", f"breakpoint() or {OPEN}",
    "{0.__class__.__init__.__globals__}", "{0.__class__}", "%(x)s" * 50, "%n%s%d", "{}" * 100, "{!r:>999999999}", "f'{" + CALL + "}'", "${" + CALL + "}",
    "{{" + CALL + "}}", "`touch " + MARK + "`", f"$(touch {MARK})", f"; touch {MARK}", f"| touch {MARK}", f"&& touch {MARK}", f"\n!touch {MARK}",
    f"\\write18{{touch {MARK}}}", f"\\immediate\\write18{{touch {MARK}}}", f"\\input{{{MARK}}}", f"\\openout0={MARK}", "\\def\\x{\\x\\x}\\x", "\\csname x\\endcsname",
    "\\newcommand{\\a}{\\a\\a}\\a", "\\loop\\repeat", "\\catcode`\\^=7", f"Symbol({CALL!r})", f"Lambda(x, {CALL})", f"sympify({CALL!r})", f"parse_expr({CALL!r})",
    f"S({CALL!r})", f"Integer.__init__.__globals__['sys'].modules['os'].system('touch {MARK}')", "cos\nsystem\n(S'touch x'\ntR.", "gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOU", "!!python/object/apply:os.system ['true']",
    "9**9**9**9", "10^{10^{10}}", "(10^9)!", "9" * 100_000, "1e999999999", "0x" + "f" * 10_000, "\\frac{" * 5_000, "(" * 50_000, "[" * 50_000, "{\"a\":" * 20_000, "-" * 50_000, "\\sqrt{" * 5_000,
    "\x00", "1\x00" + CALL, "\ud800", "\u202e" + CALL, "\u0661+\u0662", "\uff11+\uff11", "\\x41\\x42", "\\u0031", "1;DROP TABLE rows", "<script>1</script>", "../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x",
    f"<tool_call>{{\"name\": \"{CALL}\", \"arguments\": {{}}}}</tool_call>", f'{{"$ref": "file://{MARK}"}}', '{"__class__": "os.system"}', '{"__reduce__": ["os.system", ["true"]]}',
]  # fmt: skip
ROWS: dict[str, tuple[Any, dict[str, Any]]] = {
    "math": ("72", {}),
    "choice": ("B", {"choices": ["one", "two"]}),
    "tool_calls": ([{"name": "f", "arguments": {"x": 1}}], {}),
    "json_schema": (None, {"schema": {"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}}}),
    "instructions": (
        None,
        {
            "instructions": [
                {"id": "detectable_format:title", "kwargs": {}},
                {"id": "detectable_format:json_format", "kwargs": {}},
            ]
        },
    ),
}
SHAPES = [
    "{}",
    "\\boxed{{{}}}",
    "The answer is {}",
    "<think>\nhm\n</think>\n{}",
    "```json\n{}\n```",
    "<tool_call>{}</tool_call>",
]


@pytest.fixture(autouse=True)
def nothing_runs() -> Iterator[None]:
    """Fails a test in which text was compiled, executed, opened or given to a shell."""
    Path(MARK).unlink(missing_ok=True)
    loaded = set(sys.modules)
    seen: list[str] = []
    watching = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watching[0] and event in (
            "os.system",
            "subprocess.Popen",
            "os.exec",
            "os.posix_spawn",
            "socket.connect",
            "pickle.find_class",
        ):
            seen.append(event)

    sys.addaudithook(hook)
    yield
    watching[0] = False
    assert not seen
    assert not Path(MARK).exists()
    assert not {name for name in set(sys.modules) - loaded if name in ("pty", "pdb", "ctypes.util", "webbrowser")}


def test_there_are_payloads_enough_and_they_would_work() -> None:
    assert len(PAYLOADS) >= 60
    eval(OPEN).close()  # noqa: S307
    Path(MARK).unlink()


@pytest.mark.parametrize("name", ROWS)
def test_no_completion_is_executed(name: str) -> None:
    answer, params = ROWS[name]
    problem = Problem(id="p", prompt="q", verifier=name, answer=answer, params=params)
    verifier = verifier_for(problem)
    for payload in PAYLOADS:
        for shape in SHAPES:
            verdict = verifier.verify(problem, shape.format(payload))
            assert verdict.score == 0.0 or name in ("json_schema", "instructions"), (payload[:60], shape)


def test_no_answer_key_is_executed() -> None:
    for payload in PAYLOADS:
        problem = Problem(id="p", prompt="q", verifier="math", answer=payload)
        for completion in (payload, f"\\boxed{{{payload}}}", "72", CALL):
            verifier_for(problem).verify(problem, completion)


def test_no_param_is_executed() -> None:
    for payload in PAYLOADS:
        for name, params in (
            ("json_schema", {"schema": {"const": payload, "description": payload}}),
            ("instructions", {"instructions": [{"id": "keywords:existence", "kwargs": {"keywords": [payload]}}]}),
            ("choice", {"choices": [payload, "b"]}),
        ):
            problem = Problem(
                id="p", prompt="q", verifier=name, answer="A" if name == "choice" else None, params=params
            )
            try:
                verifier = verifier_for(problem)
            except ValueError:  # a lone surrogate is refused with its row
                assert payload == "\ud800"
                continue
            verifier.check(problem)
            verifier.verify(problem, payload)
