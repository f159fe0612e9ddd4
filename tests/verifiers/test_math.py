"""`math`: what it must accept, and the longer list of what it must refuse."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from temper.verifiers.math import Math
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem


def problem(answer: object) -> Problem:
    return Problem(id="p", prompt="How much is it?", verifier="math", answer=answer)


def score(answer: object, completion: str, **policy: Any) -> float | None:
    return Math(**policy).verify(problem(answer), completion).score


RIGHT: list[tuple[object, str]] = [
    ("33.3", "\\frac{100}{3}"),
    ("180.67", "\\dfrac{542}{3}\\text{ seconds}"),
    ("41.4\\%", "\\sqrt{2}-1"),
    ("$12.55", "640/51"),
    ("x=\\frac{\\pi}{6}+\\pi k", "\\frac{\\pi}{6}+n\\pi"),
    ("②③", "2, 3"),
    ("\\text{infinitely many}", "\\infty"),
    ("60^\textcirc 42'", "60^\\circ 42'"),
    ("\text{yes}", "yes"),
    ("\frac{1}{2}", "1/2"),
    ("72", "72"),
    ("72", "\\boxed{72}"),
    ("72", "$72$"),
    ("72", "072"),
    ("72", "72.0"),
    ("72", "+72"),
    ("-5", "\u22125"),
    ("0", "-0"),
    ("72", "\\text{72}"),
    ("72", "\\boxed{72 \\text{ clips}}"),
    ("72", "72 clips"),
    ("72", "$72.00"),
    ("1,234", "1234"),
    ("1234", "1,234"),
    ("1234", "1{,}234"),
    ("1234567.5", "1,234,567.5"),
    ("12000", "1.2e4"),
    ("1200000", "1.2 \\times 10^6"),
    ("0.003", "3 \\cdot 10^{-3}"),
    (72, "72"),
    (0.5, "1/2"),
    (1e-07, "0.0000001"),
    ("1/2", "0.5"),
    ("1/2", "\\frac{1}{2}"),
    ("1/2", "\\dfrac12"),
    ("1/2", "\\tfrac{2}{4}"),
    ("1/2", "50\\%"),
    ("62.5%", "5/8"),
    ("28%", "28"),
    ("74^\\circ", "74"),
    ("-\\frac{3}{4}", "\\frac{-3}{4}"),
    ("-\\frac{3}{4}", "\\frac{3}{-4}"),
    ("2\\frac{1}{2}", "5/2"),
    ("2 1/2", "2.5"),
    ("\u00bd", "0.5"),
    ("3:1", "3"),
    ("2^{10}", "1024"),
    ("2^10", "1024"),
    ("2**10", "1024"),
    ("x\u00b2", "x^2"),
    ("2^{3^2}", "512"),
    ("\\sqrt{16}", "4"),
    ("\\sqrt{8}", "2\\sqrt{2}"),
    ("\\sqrt2", "\\sqrt{2}"),
    ("\\sqrt[3]{54}", "3 \\sqrt[3]{2}"),
    ("\\frac{1}{\\sqrt{2}}", "\\frac{\\sqrt{2}}{2}"),
    ("\\sqrt{3+2\\sqrt{2}}", "1+\\sqrt{2}"),
    ("5 \\cdot 2^{2/3}", "5\\sqrt[3]{4}"),
    ("\\frac{1}{1+\\sqrt{2}}", "\\sqrt{2}-1"),
    ("\\sqrt[3]{-8}", "-2"),
    ("5!", "120"),
    ("\\binom{5}{2}", "10"),
    ("\\lfloor 2.7 \\rfloor", "2"),
    ("2\\pi", "2pi"),
    ("\\frac{\\pi}{2}", "\\pi/2"),
    ("\\frac{\\pi}{2}", "90^\\circ"),
    ("74^\\circ", "74\u00b0"),
    ("74^{\\circ}", "74 degrees"),
    ("e^{16}-1", "-1 + exp(16)"),
    ("\\ln 8", "3 \\ln 2"),
    ("\\log_2 8", "3"),
    ("\\log 100", "2"),
    ("\\sin 30^\\circ", "1/2"),
    ("\\tan^2(y)+1", "\\sec^2(y)"),
    ("14-i", "14.0 + -1.0i"),
    ("i^2", "-1"),
    ("\\sqrt{-4}", "2i"),
    ("\\sqrt{x^4 y}", "x^2 \\sqrt{y}"),
    ("x^2-1", "(x-1)(x+1)"),
    ("\\frac{1-p^2}{3}", "(1-p)(1+p)/3"),
    ("2^{n+1}", "2 \\cdot 2^n"),
    ("(-1)^{n+1}", "-(-1)^n"),
    ("\\frac{x}{2}", "0.5x"),
    ("x=5", "5"),
    ("5", "x = 5"),
    ("f(x)=x-1", "x - 1"),
    ("a=2, b=3", "b=3, a=2"),
    ("y=2x+1", "1 + 2x"),
    ("x=y=2", "2"),
    ("x^2+y^2=1", "y^2+x^2=1"),
    ("x+y=1", "2x+2y=2"),
    ("x+y=1", "x = 1-y"),
    ("x \\neq 2", "x != 2"),
    ("1,2,3", "3, 2, 1"),
    ("1,2,3", "\\{1,2,3\\}"),
    ("1,2", "1 \\text{ and } 2"),
    ("\\{1,2\\}", "{2, 1}"),
    ("\\pm 3", "3, -3"),
    ("1 \\pm \\sqrt{5}", "1-\\sqrt5, 1+\\sqrt5"),
    ("(1,2)", "(1, 2)"),
    ("(1,2),(3,4)", "(3,4), (1,2)"),
    ("(312,123,231)", "(312, 123, 231)"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "(1,2)"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{bmatrix}1 & 2 \\\\ 3 & 8/2\\end{bmatrix}"),
    ("(-\\infty, 3)", "x<3"),
    ("(3,4]", "3 < x \\le 4"),
    ("[0,\\infty)", "x \\geq 0"),
    ("(-\\infty,-3)\\cup(3,\\infty)", "(3, \u221e) \u222a (-\u221e, -3)"),
    ("x<1 \\text{ or } x>3", "(3,\\infty) \\cup (-\\infty,1)"),
    ("\\{x \\mid 2<x<3\\}", "(2,3)"),
    ("ellipse", "The answer is Ellipse."),
    ("\\text{yes}", "Yes"),
    ("B", "\\boxed{\\text{B}}"),
    ("864 \\mbox{ inches}^2", "864"),
    ("5 km", "5 kilometers"),
    ("line segment, circle", "\\text{circle and line segment}"),
    ("\\begin{cases}weird", "\\begin{cases} weird"),
]

WRONG: list[tuple[object, str]] = [
    ("72", "71"),
    ("72", "-72"),
    ("72", "72.1"),
    ("72", "72, 73"),
    ("72", "71 or 72"),
    ("72", "\\{72, 73\\}"),
    ("72", "\\pm 72"),
    ("72", "720"),
    ("72", "7,2"),
    ("72", "7 2"),
    ("72", "72x"),
    ("72", "x"),
    ("72", "72\\%"),
    ("72", "72!"),
    ("72", "72^2"),
    ("72", "72^\\circ"),
    ("72", "72\\sqrt{2}"),
    ("72", "\\infty"),
    ("72", "72 + x"),
    ("72", "x > 72"),
    ("72", "x = 71"),
    ("72", "(72, 72)"),
    ("72", "72 = 73"),
    ("72", "\\frac{72}{0}"),
    ("4", "4\\sqrt(2)"),
    ("10,000", "10,00"),
    ("10,000", "10,0000"),
    ("2x", "2x1"),
    ("28\\%", "28\\%1"),
    ("\\sqrt{2}", "\\sqrt{2}1"),
    ("-72", "72"),
    ("0", "72"),
    ("0", "0\\cdot\\infty"),
    ("0", "\\infty-\\infty"),
    ("1", "\\infty/\\infty"),
    ("1", "\\infty^0"),
    ("1234", "1,2345"),
    ("1234", "12,34"),
    ("1,234", "1.234"),
    ("1234", "1, 2, 3, 4"),
    ("12345678902", "12345678901"),
    ("0.1", "0.10000000000000001"),
    ("1e10", "1e11"),
    ("1/3", "0.333"),
    ("1/3", "0.3333333333333333"),
    ("1/2", "2/1"),
    ("1/2", "-1/2"),
    ("1/2", "1/3"),
    ("33.3", "33.33"),
    ("33", "100/3"),
    ("0.5", "51/100"),
    ("33.4", "100/3"),
    ("180.66", "542/3"),
    ("41.5\\%", "\\sqrt{2}-1"),
    ("\\frac{\\pi}{6}+k\\pi", "\\frac{\\pi}{6}+2n\\pi"),
    ("\\frac{\\pi}{6}+k\\pi", "\\frac{\\pi}{3}+n\\pi"),
    ("n+1", "k+1"),
    ("n\\pi+k", "k\\pi+n"),
    ("②③", "2"),
    ("②③", "23"),
    ("\\text{infinitely many}", "-\\infty"),
    ("\text{yes}", "no"),
    ("28", "28%"),
    ("28%", "0.28%"),
    ("2\\frac{1}{2}", "1"),
    ("2^{10}", "2^{11}"),
    ("2^{10}", "20"),
    ("9^{9^9}", "9^{9^8}"),
    ("9^{9^9}", "16"),
    ("\\frac{1}{2004!}", "\\frac{1}{2006!}"),
    ("\\frac{2^{2005}+1}{3 \\cdot 2^{2006}}", "\\frac{1}{3 \\cdot 2^{2006}}"),
    ("1-1/e", "1+1/e"),
    ("e^{16}-1", "e^{16}"),
    ("\\sqrt{2}", "1.41421356"),
    ("\\sqrt{2}", "\\sqrt{3}"),
    ("\\sqrt{2}", "-\\sqrt{2}"),
    ("\\sqrt{x^2}", "x"),
    ("\\sqrt{3+2\\sqrt{2}}", "\\sqrt{2}-1"),
    ("\\sqrt[3]{4}", "\\sqrt[4]{4}"),
    ("\\pi", "3.14159"),
    ("\\pi", "22/7"),
    ("\\frac{\\pi}{2}", "90"),
    ("74^\\circ", "47^\\circ"),
    ("\\sin 1", "\\sin 2"),
    ("\\sin x", "\\cos x"),
    ("\\ln 2", "\\ln 3"),
    ("\\log_2 8", "\\log_3 8"),
    ("i", "-i"),
    ("x^2-1", "x^2+1"),
    ("x^2-1", "(x-1)^2"),
    ("2^n", "2^{n+1}"),
    ("(-1)^n", "(-1)^{n+1}"),
    ("3n", "3"),
    ("n=3k", "3"),
    ("x", "y"),
    ("x_1", "x_2"),
    ("f(5)", "f(2)+f(3)"),
    ("x=5", "y=5"),
    ("f(x)=x-1", "x+1"),
    ("x+y=1", "x+y=2"),
    ("x=5", "x>5"),
    ("x^2+y^2=1", "x^2-y^2=1"),
    ("x \\neq 2", "x = 2"),
    ("x \\neq 2", "x \\neq 3"),
    ("a=2, b=3", "a=3, b=2"),
    ("a=2, b=3", "a=2"),
    ("1,2,3", "1,2"),
    ("1,2,3", "1,2,4"),
    ("1,2,3", "1,2,3,4"),
    ("1,1,2", "1,2,2"),
    ("\\{1,2\\}", "\\{1\\}"),
    ("\\pm 3", "3"),
    ("3", "\\pm 3"),
    ("1, 2, \\ldots, n", "1, 3, 5, \\ldots, 2n-1"),
    ("(1,2)", "(2,1)"),
    ("(1,2)", "(1,2,3)"),
    ("(1,2)", "\\{1,2\\}"),
    ("(312,123,231)", "(312,123,213)"),
    ("(1,2),(3,4)", "(1,2)"),
    ("(1,2),(3,4)", "(1,3),(2,4)"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}"),
    ("(3,4]", "(3,4)"),
    ("(3,4]", "[3,4]"),
    ("(3,4]", "3 \\le x \\le 4"),
    ("(3,4)", "(4,3)"),
    ("(-\\infty,3)", "x \\le 3"),
    ("(-\\infty,3)", "x>3"),
    ("(-\\infty,3)", "(\\infty,3)"),
    ("[0,1]", "\\{0,1\\}"),
    ("(-\\infty,-3)\\cup(3,\\infty)", "(-\\infty,-3)"),
    ("(-\\infty,-3)\\cup(3,\\infty)", "(-\\infty,3)\\cup(3,\\infty)"),
    ("f(-3/4) \\ge f(2)", "f(-3/4) \\le f(2)"),
    ("\\forall x>0, 3^x \\ge x^2", "\\forall x > 0, 3^x \\geq x"),
    ("ellipse", "circle"),
    ("ellipse", "ellipse or circle"),
    ("yes", "no"),
    ("yes", "not yes"),
    ("B", "A"),
    ("B", "A, B, C, D"),
    ("B", "A B C D"),
    ("5 km", "5 m"),
    ("5 \\text{ hours}", "5 \\text{ minutes}"),
    ("5 cm^2", "5 cm^3"),
    ("$5", "$6"),
    ("5", "\\boxed{5 for n odd}"),
    ("72", "class A(int):\n  __eq__ = lambda *a: True"),
    ("72", "\\boxed{__import__('os').system('true')}"),
    ("72", "9" * 5000),
]


@pytest.mark.parametrize(("answer", "completion"), RIGHT)
def test_the_same_value_is_accepted(answer: object, completion: str) -> None:
    verdict = Math().verify(problem(answer), completion)
    assert verdict.score == 1.0, verdict.detail


@pytest.mark.parametrize(("answer", "completion"), WRONG)
def test_another_value_is_refused(answer: object, completion: str) -> None:
    verdict = Math().verify(problem(answer), completion)
    assert verdict.score == 0.0, verdict.detail
    assert verdict.detail


@pytest.mark.parametrize(("answer", "_"), RIGHT + WRONG)
def test_every_key_is_equal_to_itself(answer: object, _: str) -> None:
    assert score(answer, f"So it is \\boxed{{{answer}}}.") == 1.0


@pytest.mark.parametrize(
    ("policy", "answer", "completion", "expected"),
    [
        ({"percent": "strict"}, "28%", "28", 0.0),
        ({"percent": "strict"}, "28%", "0.28", 1.0),
        ({"percent": "omitted"}, "28%", "28", 1.0),
        ({"percent": "omitted"}, "28", "28%", 0.0),
        ({"percent": "optional"}, "28%", "28", 1.0),
        ({"percent": "optional"}, "28", "28\\%", 1.0),
        ({"percent": "optional"}, "28%", "0.28", 1.0),
        ({"percent": "optional"}, "28%", "29", 0.0),
        ({"percent": "optional"}, "28", "0.28", 0.0),
        ({"units": "ignore"}, "5 km", "5 meters", 1.0),
        ({"units": "ignore"}, "5 km", "6 km", 0.0),
        ({"units": "agree"}, "5 km", "5", 1.0),
        ({"units": "agree"}, "5 km", "5000 m", 0.0),
        ({"units": "convert"}, "5 km", "5000 m", 1.0),
        ({"units": "convert"}, "5 km", "5000 s", 0.0),
        ({"units": "convert"}, "60 km/h", "50/3 m/s", 1.0),
        ({"units": "convert"}, "2 \\text{ hours}", "120 minutes", 1.0),
        ({"units": "require"}, "74^\\circ", "74", 0.0),
        ({"units": "require"}, "2041_5", "2041", 0.0),
        ({"units": "require"}, "5 km", "5", 0.0),
        ({"units": "require"}, "5 km", "5 kilometers", 1.0),
        ({"rounding": "shown"}, "33.3", "100/3", 1.0),
        ({"rounding": "exact"}, "33.3", "100/3", 0.0),
        ({"rounding": "answer"}, "33.3", "100/3", 1.0),
        ({"rounding": "answer"}, "41.495", "17+10\\sqrt{6}", 1.0),
        ({"rounding": "answer"}, "33.3", "33.4", 0.0),
        ({"rounding": "answer"}, "33", "33.4", 1.0),
        ({"rounding": "answer"}, "1/3", "0.333", 0.0),
        ({"rounding": 6}, "1/12", "0.0833333333", 1.0),
        ({"rounding": 6}, "1/12", "0.0833", 0.0),
        ({"rounding": 3}, "0", "0.0001", 0.0),
        ({"order": "strict"}, "1,2,3", "3,2,1", 0.0),
        ({"order": "strict"}, "1,2,3", "1,2,3", 1.0),
        ({"order": "strict"}, "\\{1,2\\}", "\\{2,1\\}", 1.0),
    ],
)
def test_a_policy_field_says_what_else_counts(
    policy: dict[str, Any], answer: str, completion: str, expected: float
) -> None:
    assert score(answer, completion, **policy) == expected


@pytest.mark.parametrize("answer", [None, "", "  ", "\\boxed{}"])
def test_an_empty_key_abstains(answer: object) -> None:
    verdict = Math().verify(problem(answer), "\\boxed{5}")
    assert (verdict.outcome, verdict.score) == ("abstained", None)


@pytest.mark.parametrize("answer", [True, [1], {"a": 1}])
def test_a_key_that_is_no_text_is_refused_before_the_run(answer: object) -> None:
    with pytest.raises(ValueError, match="f:1: field 'answer'"):
        parse_problem({"id": "a", "prompt": "p", "verifier": "math", "answer": answer}, "f:1")


PROBLEMS = [problem(answer) for answer in ("72", "1/2", "(3,4]", "ellipse", "\\frac{x}{2}", "9" * 300)]


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_hold(row: Problem) -> None:
    for name, completion, expected in Math().probes(row):
        if expected is not None:
            verdict = Math().verify(row, completion)
            assert verdict.score == expected, (name, verdict.detail)


NASTY = [
    "9^{9^{9^9}}",
    "1000000!",
    "((1000!)!)!",
    "10^{10^{10^{10}}}",
    "(" * 3000 + "1" + ")" * 3000,
    "{" * 3000 + "1" + "}" * 3000,
    "9" * 200_000,
    "+".join(["1"] * 2000),
    "((x+1)^{64})^{64}",
    "*".join(["(x+1)"] * 600),
    "(x+y+z+1)^{64}",
    "-" * 1999 + "1",
    "\\sqrt{" * 200 + "2" + "}" * 200,
    "\\frac{1}{1+" * 15 + "x" + "}" * 15,
    "5" + "!" * 1900,
    ",".join(map(str, range(1500))),
    "(" + "\\pm 1," * 20 + "1)",
    "1e999999999",
    "*".join(["7^{2000}"] * 40),
    "\\sin" * 500 + " x",
    "2^{2^{2^{x}}}",
    "1\0",
    "\ud800 5",
    "(" + "+".join(f"\\sqrt{{{n}}}" for n in range(2, 40)) + ")^{8}",
    "\\lfloor e^{e^{e^9}} \\rfloor",
    "$" * 100_000,
    "\\boxed{" * 50_000,
    "answer: " * 100_000,
    "\\(" * 50_000,
    " " * 1_000_000,
    "x" * 1_000_000,
    "\\begin{pmatrix}" + "1&" * 2000,
]


@pytest.mark.parametrize("nasty", NASTY)
def test_a_nasty_answer_is_judged(nasty: str) -> None:
    for answer, completion in nasty_pairs(nasty):
        assert score(answer, completion) in (0.0, 1.0, None)


@pytest.mark.slow
@pytest.mark.parametrize("nasty", NASTY)
def test_a_nasty_answer_costs_little(nasty: str) -> None:
    started = time.process_time()
    for answer, completion in nasty_pairs(nasty):
        score(answer, completion)
    assert time.process_time() - started < 2.0  # four verdicts; about 0.1 s each at worst


def nasty_pairs(nasty: str) -> list[tuple[str, str]]:
    return [("5", nasty), ("5", f"\\boxed{{{nasty}}}"), (nasty, "5"), (nasty, f"\\boxed{{{nasty}}}1")]


def payloads(mark: str) -> list[str]:
    """Texts that would leave a file behind wherever one of them is executed."""
    calls = [
        f"__import__('pathlib').Path({mark!r}).touch()",
        f"open({mark!r},'w')",
        f"exec(\"open({mark!r},'w')\")",
        f"eval('open({mark!r},\"w\")')",
        f"[c for c in ().__class__.__base__.__subclasses__()][0] or open({mark!r},'w')",
        f"(lambda: open({mark!r},'w'))()",
        f"x.__class__(open({mark!r},'w'))",
        f"S('open({mark!r},\"w\")')",
        f"{{open({mark!r},'w')}}",
        f"f'{{open({mark!r}, chr(119))}}'",
        f"%s' % open({mark!r},'w')",
        f"`touch {mark}`",
        f"$(touch {mark})",
        f"\\write18{{touch {mark}}}",
        f"\\immediate\\openout1={mark}",
        f"\\input{{|touch {mark}}}",
        f"\\directlua{{os.execute('touch {mark}')}}",
        f"cos\nposix\nsystem\n(S'touch {mark}'\ntR.",
        f"!!python/object/apply:os.system ['touch {mark}']",
        f"1;import os;os.system('touch {mark}')",
    ]
    return [
        form.format(call)
        for call in calls
        for form in ("{}", "\\boxed{{{}}}", "#### {}", "1 + {}", "\\frac{{{}}}{{2}}")
    ]


def test_no_text_is_executed(tmp_path: Any) -> None:
    mark = tmp_path / "executed"
    texts = payloads(str(mark))
    assert len(texts) >= 100
    for text in texts:
        assert score("72", text) == 0.0
        score(text, "72")
        score(text, text)
    assert not mark.exists()


def test_a_verdict_is_the_same_from_a_thread_and_from_asyncio() -> None:
    rows = [(problem(answer), completion) for answer, completion in RIGHT + WRONG]
    here = [Math().verify(row, completion) for row, completion in rows]
    with ThreadPoolExecutor(4) as pool:
        there = list(pool.map(lambda pair: Math().verify(*pair), rows))

    async def everything() -> list[object]:
        return [Math().verify(row, completion) for row, completion in rows]

    assert here == there == asyncio.run(everything())


@pytest.mark.slow
def test_an_integer_pair_costs_little() -> None:
    row, verifier = problem("72"), Math()
    best = min(timed(lambda: verifier.verify(row, "So there are 70 + 2 = 72.\n\\boxed{72}")) for _ in range(5))
    assert best < 0.0005  # 0.02 ms


def timed(call: Any, times: int = 100) -> float:
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times
