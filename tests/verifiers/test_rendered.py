"""`call` tests of JSX and CSS: which rows are refused, what is compared, and what nobody can answer."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from temper.sandboxes.job import Sandbox
from temper.sandboxes.local import lacking
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.reading.rendered import input_of, markup, wrong
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict

GREETING = {"args": [], "kwargs": {"name": "Bo"}, "expected": '<p class="a" id="b">Hello, Bo!</p>'}
PAGE = "<main><p class=a>x</p><p>y</p></main>"
NOTE = {"args": [PAGE], "kwargs": {"width": 400}, "expected": {".a": {"color": "rgb(255, 0, 0)", "margin-top": "2px"}}}
STDIO = {"kind": "stdio", "cases": [{"input": "", "output": ""}]}
HELLO = "export default ({ name }) => <p id='b' className='a'>Hello, {name}!</p>;"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    lacks = lacking(["jsx", "css"])
    if lacks and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":  # CI has all tools
        pytest.skip("; ".join(lacks))
    opened = open_sandbox(SandboxSection(kind="local", slots=1, languages=("jsx", "css")))
    yield opened
    opened.close()


def row(language: str, *cases: object, entry_point: str = "Greeting", **params: Any) -> Problem:
    tests = {"kind": "call", "entry_point": entry_point, "cases": [*cases]}
    params = {"language": language, "tests": tests, **params}
    return parse_problem({"id": "p", "prompt": "write it", "verifier": "code", "params": params}, "f:1")


def css(*cases: object, **params: Any) -> Problem:
    return row("css", *cases, entry_point="getComputedStyle", **params)


def judge(sandbox: Sandbox, problem: Problem, source: str) -> Verdict:
    language = problem.params["language"]
    return verifier_for(problem).verify(problem, f"```{language}\n{source}\n```", sandbox)


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("jsx", "Greeting", {**GREETING, "args": [1]}, "args: a component takes props alone; give them as kwargs"),
    ("jsx", "Greeting", {**GREETING, "expected": {"a": 1}}, "expected: no markup, got {'a': 1}; give a string"),
    ("css", "Greeting", NOTE, "entry_point: 'Greeting' is none of css; write 'getComputedStyle'"),
    ("css", "getComputedStyle", {**NOTE, "args": []}, "args: css takes one document; give its HTML"),
    (
        "css",
        "getComputedStyle",
        {**NOTE, "kwargs": {"with": 4}},
        "kwargs: no 'with' in css; known: width, height",
    ),
    ("css", "getComputedStyle", {**NOTE, "kwargs": {"width": "4"}}, "kwargs.width: got '4'; give int"),
    ("css", "getComputedStyle", {**NOTE, "kwargs": {"width": True}}, "kwargs.width: got True; give int"),
    ("css", "getComputedStyle", {**NOTE, "kwargs": {"media": "tv"}}, "kwargs.media: got 'tv'; give screen or print"),
    ("css", "getComputedStyle", {**NOTE, "expected": {}}, "expected: no computed values; give"),
    ("css", "getComputedStyle", {**NOTE, "expected": {".a": {}}}, "expected: no computed values; give"),
    ("css", "getComputedStyle", {**NOTE, "expected": {".a": {"width": 3}}}, "expected: no computed values; give"),
    ("css", "getComputedStyle", {**NOTE, "expected": "red"}, "expected: no computed values; give"),
]


@pytest.mark.parametrize(("language", "entry_point", "case", "reason"), REFUSED)
def test_a_case_that_is_none_is_refused_with_its_field(
    language: str, entry_point: str, case: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=r"params\.tests\.cases\.[01]") as error:
        row(language, GREETING if language == "jsx" else NOTE, case, entry_point=entry_point)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"language": "css", "tests": STDIO}, "use call"),
        ({"language": "jsx", "tests": {"kind": "unit", "code": "assert 1"}}, "use stdio or call or program"),
        ({"language": "python", "standard": "c++23", "tests": {"kind": "unit", "code": "assert 1"}}, "leave it out"),
        (
            {
                "language": "cpp",
                "standard": "c++26",
                "tests": {"kind": "stdio", "cases": [{"input": "", "output": ""}]},
            },
            "no standard 'c++26' of cpp; known: c++11, c++14, c++17, c++20, c++23",
        ),
    ],
)
def test_tests_and_standards_of_other_languages_are_refused(params: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match="field 'params") as error:
        verifier_for(parse_problem({"id": "p", "prompt": "x", "verifier": "code", "params": params}, "f:1"))
    assert reason in str(error.value)


def test_only_selectors_and_properties_of_what_is_expected_enter_the_sandbox() -> None:
    sent = input_of("css", NOTE["args"], NOTE["kwargs"], NOTE["expected"])  # type: ignore[arg-type]
    assert json.loads(sent) == {"width": 400, "document": PAGE, "ask": [[".a", "color"], [".a", "margin-top"]]}
    assert input_of("jsx", [], {"name": "Bo"}, GREETING["expected"]) == '{"name": "Bo"}'


SAME = [
    ('<a b="1" c="2">x</a>', '<a c="2" b="1">x</a>'),
    ('<a b="1" c/>', '<a c b="1"/>'),
    ("<p>a b</p>", "<p>a b</p>"),
]
OTHERS = [
    ('<a b="1" c="2">x</a>', '<a b="2" c="1">x</a>'),
    ('<a b="1">x</a>', '<a b="1" b="1">x</a>'),
    ('<a class="x y">x</a>', '<a class="y x">x</a>'),
    ("<p>a b</p>", "<p>a  b</p>"),
    ("<p>b a</p>", "<p>a b</p>"),
    ("<p> b=1 a=2</p>", "<p> a=2 b=1</p>"),
    ('<a b="1"></a>', '<a b="1"/>'),
    ("<p>1</p>", "<P>1</P>"),
]


def test_attributes_may_stand_in_any_order_and_nothing_else_may() -> None:
    assert [markup(one) == markup(other) for one, other in SAME] == [True] * len(SAME)
    assert [markup(one) == markup(other) for one, other in OTHERS] == [False] * len(OTHERS)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "\n",
        "true\n",
        '["<b></b>"]\n',
        '"<b></b>"\n"<i></i>"\n',
        "[" * 100_000,
        "1" * 5000,
        '"<b></b>',
        "nan\n",
        "NaN\n",
    ],
)
def test_what_is_no_right_markup_is_wrong_whatever_it_is(printed: str) -> None:
    assert wrong("jsx", "<b></b>", printed)
    assert wrong("css", {"a": {"b": "<b></b>"}}, printed.replace('["<b></b>"]', "[1]"))


RIGHT = [
    (row("jsx", GREETING), HELLO),
    (row("jsx", GREETING), f"import React from 'react';\nconsole.log('noise');\n{HELLO}"),
    (css(NOTE), "p { margin: 2px } .a { color: red }"),
    (css(NOTE), "@media (max-width: 400px) { .a { color: #f00; margin-block: 2px 3px } }"),
]
WRONG = [
    (row("jsx", GREETING), HELLO.replace("Hello", "hello"), "expected '<p class"),
    (row("jsx", GREETING), "const x = <p>", "compile error"),
    (row("jsx", GREETING), "process.exit(0)", "it ended before it was rendered"),
    (row("jsx", GREETING), "const Other = () => <p />;", "runtime error"),
    (row("jsx", GREETING), "import x from 'left-pad';\nexport default () => x;", 'Could not resolve "left-pad"'),
    (css(NOTE), ".a { color: red }", "margin-top of '.a': expected '2px', got '16px'"),
    (css(NOTE), ".a { color: blue; margin: 2px }", "color of '.a': expected 'rgb(255, 0, 0)', got 'rgb(0, 0, 255)'"),
    (css(NOTE), "cannot be asked: nothing", "color of '.a'"),
]


@pytest.mark.parametrize(("problem", "source"), RIGHT)
def test_a_right_one_scores_one(sandbox: Sandbox, problem: Problem, source: str) -> None:
    assert judge(sandbox, problem, source).score == 1.0


def test_a_long_markup_comes_out_whole_after_long_prints(sandbox: Sandbox) -> None:
    case = {"args": [], "kwargs": {"n": 900_000}, "expected": f"<p>{'y' * 900_000}</p>"}
    source = "console.log('x'.repeat(100_000));\nexport default ({ n }) => <p>{'y'.repeat(n)}</p>;"
    assert [judge(sandbox, row("jsx", case), source).score for _ in range(5)] == [1.0] * 5


@pytest.mark.parametrize(("problem", "source", "reason"), WRONG)
def test_a_wrong_one_scores_zero_and_says_why(sandbox: Sandbox, problem: Problem, source: str, reason: str) -> None:
    verdict = judge(sandbox, problem, source)
    assert (verdict.outcome, verdict.score) == ("scored", 0.0)
    assert reason in (verdict.detail or "")


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ({**NOTE, "expected": {".b": {"color": "red"}}}, 'selector ".b" matches nothing in the document'),
        ({**NOTE, "expected": {"p[": {"color": "red"}}}, 'selector "p[" is no selector'),
        ({**NOTE, "expected": {".a": {"colour": "red"}}}, "colour is no property that is known"),
        (
            {**NOTE, "expected": {".a": {"padding": "1px"}}},
            "padding is a shorthand, ask for padding-top, ",
        ),
        ({**NOTE, "kwargs": {"hover": "nav"}}, 'selector "nav" matches nothing in the document'),
    ],
)
def test_what_no_stylesheet_can_answer_abstains(sandbox: Sandbox, case: dict[str, Any], reason: str) -> None:
    verdict = judge(sandbox, css(NOTE, case), "p { margin: 2px } .a { color: red }")
    assert verdict.outcome == "abstained"
    assert reason in (verdict.detail or "")


def test_a_share_of_the_cases_is_a_share_of_the_score(sandbox: Sandbox) -> None:
    wide = {**NOTE, "kwargs": {"width": 800}}
    sheet = "p { margin: 2px } @media (max-width: 500px) { .a { color: red } }"
    assert judge(sandbox, css(NOTE, wide, score="fraction"), sheet).score == 0.5
    assert judge(sandbox, css(NOTE, wide), sheet).score == 0.0


def test_the_probes_of_both_hold(sandbox: Sandbox) -> None:
    for problem, solution in (RIGHT[0], RIGHT[2]):
        found = problem.model_copy(update={"params": {**problem.params, "solution": solution}})
        verifier = verifier_for(found)
        for name, completion, expected in verifier.probes(found):
            verdict = verifier.verify(found, completion, sandbox)
            assert expected is None or verdict.score == expected, name


def test_a_test_file_is_run_behind_a_component(sandbox: Sandbox) -> None:
    before = "import { renderToStaticMarkup as r } from 'react-dom/server';"
    test = "test(r(<Greeting name='A' />), '<p>A</p>');"
    tests = {
        "kind": "program",
        "before": f"import {{ equal as test }} from 'node:assert';\n{before}",
        "code": test,
        "wrong": [test.replace("<p>A", "<p>B")],
    }
    params = {"language": "jsx", "tests": tests}
    problem = parse_problem({"id": "p", "prompt": "x", "verifier": "code", "params": params}, "f:1")
    right = "export default function Greeting({ name }) { return <p>{name}</p>; }"
    assert judge(sandbox, problem, right).score == 1.0
    for cheat in (
        right.replace("{name}<", "{name}.<"),
        "process.exit(0)",
        "const Greeting = 1; throw 1",
        f"{right} process.exit(0)",
    ):
        assert judge(sandbox, problem, cheat).score == 0.0, cheat
