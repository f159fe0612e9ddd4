"""`reasoning_gym`: every dataset's own answer scores 1 through the box, and no text of a completion runs anywhere."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from temper.recipes import reasoning_gym as recipe
from temper.sandboxes import daemon, packages
from temper.sandboxes.job import Call, Job, Result, Sandbox, SandboxError
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.gym import scorer as gym_scorer
from temper.verifiers.gym.gate import GRAMMARS, refused
from temper.verifiers.problem import Problem
from temper.verifiers.reasoning_gym import DATASETS, ReasoningGym, find_answer
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict, VerifierError

SECTION = SandboxSection(kind="local", slots=1, packages=("reasoning_gym",))
NO_ANSWER = {"boxnet", "rush_hour"}
"""Their entries hold no right answer, only what one is checked with."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox(SECTION)
    yield opened
    opened.close()


ONE_EACH = """
import json, sys
from temper.recipes.reasoning_gym import made
print(json.dumps({name: next(made(name, 1, 1, {})) for name in json.load(sys.stdin)}), file=sys.stderr)
"""


@cache
def rows() -> dict[str, dict[str, Any]]:
    """A row of every dataset, all made in one process."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_EACH],
        input=json.dumps(sorted(DATASETS)),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    made: dict[str, dict[str, Any]] = json.loads(done.stderr)
    return made


def row(dataset: str) -> dict[str, Any]:
    return rows()[dataset]


def problem(dataset: str, **params: Any) -> Problem:
    made = row(dataset)
    return parse_problem({**made, "params": {**made["params"], **params}}, "f:1")


def own(made: Problem) -> str:
    answer = made.answer if made.answer is not None else made.params["entry"]["answer"]
    assert isinstance(answer, str)
    return answer


def judge(sandbox: Sandbox, made: Problem, answer: str) -> Verdict:
    return verifier_for(made).verify(made, f"<answer>{answer}</answer>", sandbox)


def test_the_own_answer_of_every_dataset_scores_one(sandbox: Sandbox) -> None:
    scores = {name: judge(sandbox, problem(name), own(problem(name))) for name in DATASETS - NO_ANSWER}
    assert {name: verdict.detail for name, verdict in scores.items() if verdict.score != 1.0} == {}
    assert len(scores) == 103


@pytest.mark.docker
@pytest.mark.whole
def test_the_container_has_the_package_too() -> None:
    reason = daemon.unreachable()
    if reason and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":
        pytest.skip(reason)
    box = open_sandbox(SandboxSection(kind="docker", slots=1, packages=("reasoning_gym",)))
    try:
        for name in ("chain_sum", "simple_integration", "countdown", "n_queens", "arc_agi", "codeio", "rubiks_cube"):
            assert judge(box, problem(name), own(problem(name))).score == 1.0, name
        assert judge(box, problem("chain_sum"), "0").score == 0.0
    finally:
        box.close()


def test_a_dataset_is_known_by_name_here_and_in_the_package() -> None:
    asked = "from reasoning_gym.factory import DATASETS; print(*DATASETS)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) - {"composite"} == DATASETS
    assert GRAMMARS.keys() <= DATASETS
    assert {pin.partition("==")[2] for pin in packages.PINS["reasoning_gym"] if "gym" in pin} == {recipe.VERSION}


RIGHT = [
    ("simple_integration", "{own} + 3"),
    ("simple_integration", "({own})*1"),
    ("countdown", "({own})"),
    ("countdown", " {own} "),
    ("string_insertion", "{own}"),
    ("number_sorting", "{own}"),
    ("graph_color", "{own}"),
    ("rubiks_cube", "{own}"),
    ("propositional_logic", "({own})"),
    ("polynomial_equations", "{own}"),
    ("game_of_life_halting", "{own}"),
    ("coin_flip", "{own}"),
    ("tower_of_hanoi", "{own}"),
]


@pytest.mark.parametrize(("dataset", "answer"), RIGHT)
def test_a_right_answer_in_another_form_scores_one(sandbox: Sandbox, dataset: str, answer: str) -> None:
    made = problem(dataset)
    verdict = judge(sandbox, made, answer.format(own=own(made)))
    assert verdict.score == 1.0, verdict.detail


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("<answer>7</answer>", "7"),
        ("<think>\n<answer>1</answer>\n</think>\n<answer>\n7\n</answer>", "7"),
        ("<answer>1</answer> no: <answer>7</answer>", "7"),
        ("so \\boxed{7}", "7"),
        ("<answer>\\boxed{7}</answer>", "7"),
        ("Hm.\n**Final answer:** 1 2\n3 4", "1 2\n3 4"),
        ("answer: 7", "7"),
        ("<answer>\n```\n1 2\n3 4\n```\n</answer>", "1 2\n3 4"),
        ("7", "7"),
        ("<answer></answer>", ""),
        ("", None),
        (" \n", None),
        ("<think>\n<answer>7</answer>", None),
        ("<answer>7", None),
        ("<answer>7</answer> <answer>", None),
        ("7</answer>", None),
        ("\\boxed{7", None),
        ("answer:", None),
    ],
)
def test_the_answer_is_found_by_the_stated_order(completion: str, answer: str | None) -> None:
    assert find_answer(completion)[0] == answer


WRONG = [
    ("chain_sum", "12345678"),
    ("chain_sum", "{own} or 5"),
    ("chain_sum", "{own}1"),
    ("chain_sum", "-{own}"),
    ("simple_integration", "x"),
    ("simple_integration", "Integral(x, x)"),
    ("simple_integration", "{own} + X*x"),
    ("countdown", "1 + 1"),
    ("countdown", "{target}"),
    ("countdown", "0*pi + {target}"),
    ("puzzle24", "6*4*1*1"),
    ("puzzle24", "24"),
    ("complex_arithmetic", "nan"),
    ("complex_arithmetic", "nan+nani"),
    ("complex_arithmetic", "inf"),
    ("number_sorting", "[NaN, NaN, NaN, NaN, NaN, NaN]"),
    ("number_sorting", "[]"),
    ("coin_flip", "0"),
    ("coin_flip", "0."),
    ("coin_flip", "1e999999999"),
    ("coin_flip", "1/0"),
    ("game_of_life_halting", "maybe"),
    ("game_of_life_halting", "x"),
    ("game_of_life", "{{}}"),
    ("boxnet", "[1]"),
    ("boxnet", "null"),
    ("prime_factorization", "[2"),
    ("rubiks_cube", ""),
    ("rubiks_cube", "R"),
    ("propositional_logic", "(P ∨ ¬P)"),
    ("arc_agi", "0 0\n0 0"),
    ("sokoban", "U"),
    ("n_queens", "[['Q']]"),
    ("spiral_matrix", "{own} 1"),
    ("codeio", "{{}}"),
    ("decimal_arithmetic", "NaN"),
    ("decimal_arithmetic", "sNaN"),
    ("power_function", "1e999999999"),
    ("letter_jumble", "a\0b"),
    ("letter_jumble", "\ud800"),
    ("sentence_reordering", "x" * 30_000),
]


@pytest.mark.parametrize(("dataset", "answer"), WRONG)
def test_a_wrong_answer_scores_zero_with_a_reason(sandbox: Sandbox, dataset: str, answer: str) -> None:
    made = problem(dataset)
    metadata = made.params["entry"]["metadata"]
    known = "" if dataset in NO_ANSWER else own(made)
    verdict = judge(sandbox, made, answer.format(own=known, target=metadata.get("target", 0)))
    assert verdict.outcome == "scored"
    assert verdict.score == 0.0, verdict.detail
    assert verdict.detail


CANARY = "open('canary', 'a').close()"
HIDDEN = "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]"
PAYLOADS = [
    f"__import__('builtins').{CANARY}",
    CANARY,
    f"[{CANARY}]",
    f"({CANARY},)",
    f"[[{CANARY}]]",
    f"(lambda: {CANARY})()",
    f"[{CANARY} for x in [1]]",
    f"{{{CANARY}: 1}}",
    f"{{{CANARY}}}",
    f"1 if {CANARY} else 2",
    f"{CANARY} or 1",
    f"not {CANARY}",
    f"(x := {CANARY})",
    f"f'{{{CANARY}}}'",
    f"[*[{CANARY}]]",
    f"print({CANARY})",
    f"max([{CANARY}], key=str)",
    f"1 + ({CANARY} or 1)",
    f"x**({CANARY} or 1)",
    f"sin({CANARY} or 1)",
    f"Symbol({CANARY} or 'x')",
    f'sympify("{CANARY}")',
    f'S("{CANARY}")',
    f'sqrt("{CANARY}")',
    f'sin("{CANARY}")',
    f'Integer("{CANARY}")',
    f'Float("{CANARY}")',
    f'parse_expr("{CANARY}")',
    f'simplify("{CANARY}")',
    f'Matrix("{CANARY}")',
    f'Add("{CANARY}", 1)',
    f'Rational("{CANARY}")',
    f'lambdify(x, "{CANARY}")(1)',
    f'eval("{CANARY}")',
    f'exec("{CANARY}")',
    f"eval(compile(\"{CANARY}\", 'a', 'eval'))",
    "__builtins__['open']('canary', 'a')",
    "globals()['__builtins__']['open']('canary', 'a')",
    "getattr(__import__('builtins'), 'open')('canary', 'a')",
    f"{HIDDEN}.__init__.__globals__['system']('touch canary')",
    "x.__class__.__init__.__globals__['__builtins__']['open']('canary', 'a')",
    "__import__('os').system('touch canary')",
    "__import__('subprocess').call(['touch', 'canary'])",
    "__import__('pathlib').Path('canary').touch()",
    "[__import__('os').mkdir('canary')]",
    "''.join([__import__('os').mkdir('canary') or 'a'])",
    "'{0.__class__.__init__.__globals__}'.format(open('canary', 'a'))",
    "open('canary', 'a') @ 1",
    "open('canary', 'a')[0]",
    "1; open('canary', 'a')",
    "x\nopen('canary', 'a')",
    "# coding: utf-7\nopen('canary', 'a')",
    "\\\nopen('canary', 'a')",
    "(yield open('canary', 'a'))",
    "await open('canary', 'a')",
    "24 if open('canary', 'a') else 24",
    "1*2*3*4 + 0*open('canary', 'a').fileno()",
    "ｏｐｅｎ('canary', 'a')",
    "Function('f')(open('canary', 'a'))",
    "Lambda(x, open('canary', 'a'))(1)",
    "Subs(x, x, open('canary', 'a'))",
    "type('A', (), {'__eq__': lambda s, o: open('canary', 'a')})()",
    "breakpoint() or open('canary', 'a')",
    "help() or open('canary', 'a')",
    "vars()['eval'](\"open('canary', 'a')\")",
]
EXECUTING = sorted(GRAMMARS.keys() - {"complex_arithmetic", "number_sorting", "coin_flip"})


def test_no_payload_passes_the_gate_of_a_scorer_that_executes() -> None:
    let_through = [(name, text) for name in GRAMMARS for text in PAYLOADS if not refused(name, text)]
    assert let_through == []
    assert len(set(PAYLOADS)) >= 60


SCRIPT = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from temper.verifiers.gym import scorer as gym_scorer
from temper.sandboxes.box.values import decode
rows, payloads, guarded = json.loads(sys.stdin.read())
if not guarded:
    gym_scorer.evaluate = eval
gym_scorer.load()
executed = set()
for name, entry in rows:
    for text in payloads:
        gym_scorer.judge(name, {}, decode(entry), None, text)
        canary = Path("canary")
        if canary.exists():
            executed.add(name)
            canary.rmdir() if canary.is_dir() else canary.unlink()
print(json.dumps(sorted(executed)))
"""


@pytest.mark.parametrize("guarded", [True, False])
def test_no_payload_runs_in_a_scorer_even_past_the_gate(tmp_path: Path, guarded: bool) -> None:
    """And without our reader in `eval`'s place they do run: the payloads are real."""
    entries = [(name, row(name)["params"]["entry"]) for name in (sorted(DATASETS) if guarded else EXECUTING)]
    payloads = PAYLOADS if guarded else PAYLOADS[:3]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([entries, payloads, guarded]),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ([] if guarded else EXECUTING)


@pytest.mark.parametrize("dataset", ["countdown", "simple_integration", "n_queens", "gsm_symbolic", "codeio"])
def test_no_payload_scores_through_the_box(sandbox: Sandbox, dataset: str) -> None:
    made = problem(dataset)
    scores = {text: judge(sandbox, made, text).score for text in PAYLOADS}
    assert {text: score for text, score in scores.items() if score != 0.0} == {}


@pytest.mark.parametrize("text", PAYLOADS)
def test_the_reader_in_the_place_of_eval_knows_no_payload(text: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, SyntaxError, KeyError)):
        gym_scorer.evaluate(text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 'a', (2.5, -3)]", [1, "a", (2.5, -3)]),
        ("(0x1f << 2) + 3 * 2 ** 3 - 1 // 1", 147),
        ('[["_", "Q"]]', [["_", "Q"]]),
    ],
)
def test_the_reader_in_the_place_of_eval_reads_values(text: str, value: Any) -> None:
    assert gym_scorer.evaluate(text) == value


@pytest.mark.parametrize(
    ("dataset", "answer"),
    [
        ("simple_integration", "9**9**9"),
        ("simple_integration", "((9**99)**99)**99"),
        ("simple_integration", "((9**99)\n**99)\n**99"),
        ("simple_integration", "9**1234567"),
        ("simple_integration", "9**(9*9*9)"),
        ("simple_integration", "x" * 2_000),
        ("polynomial_multiplication", "(" * 500 + "x" + ")" * 500 + "?"),
        ("countdown", "9**9**9"),
        ("countdown", "1234567890123"),
        ("number_sorting", "1" * 900 + "x"),
        ("number_sorting", "[1e99999]"),
        ("coin_flip", "1e-999999"),
        ("n_queens", "_" * 999 + "("),
        ("complex_arithmetic", "1" * 400 + "i"),
    ],
)
def test_the_gate_refuses_work_without_end(dataset: str, answer: str) -> None:
    assert refused(dataset, answer)


def test_what_is_slow_in_the_scorer_is_stopped_and_scores_zero(sandbox: Sandbox) -> None:
    made = problem("prime_factorization")
    verdict = judge(sandbox, made, "9" * 19_000)
    assert verdict.score == 0.0, verdict.detail


def test_partial_credit_is_the_scorers_own_number(sandbox: Sandbox) -> None:
    made = problem("puzzle24", score="partial")
    assert judge(sandbox, made, "6*4*1*1").score == 0.0
    made = problem("chain_sum", score="partial")
    assert judge(sandbox, made, own(made)).score == 1.0
    wrong = judge(sandbox, problem("tower_of_hanoi", score="partial"), own(problem("tower_of_hanoi")).split("\n")[0])
    assert wrong.score == 0.05
    assert judge(sandbox, problem("tower_of_hanoi"), own(problem("tower_of_hanoi")).split("\n")[0]).score == 0.0


def test_a_row_whose_own_answer_fails_abstains(sandbox: Sandbox) -> None:
    made = problem("arc_agi")
    entry = made.params["entry"]
    lost = {**entry, "metadata": {**entry["metadata"], "output": [[0]]}}
    for broken in (lost, {**entry, "metadata": {}}):
        verdict = judge(sandbox, problem("arc_agi", entry=broken), own(made))
        assert verdict.outcome == "abstained"
        assert "own answer does not score 1" in verdict.detail
    verdict = judge(sandbox, problem("chain_sum", config={"no_such": 1}), "1")
    assert verdict.outcome == "abstained"
    assert "no_such" in verdict.detail


def test_a_configuration_reaches_the_scorer(sandbox: Sandbox) -> None:
    (made,) = recipe.problems("decimal_arithmetic", 1, 1, {"max_num_decimal_places": 1, "min_num_decimal_places": 1})
    parsed = parse_problem(made, "f:1")
    near = str(float(own(parsed)) + 0.05)
    assert judge(sandbox, parsed, near).score == 1.0
    strict = parse_problem({**made, "params": {k: v for k, v in made["params"].items() if k != "config"}}, "f:1")
    assert judge(sandbox, strict, near).score == 0.0


def written(dataset: str, answer: str, **metadata: Any) -> Problem:
    """A row as it is stored: without the package."""
    entry = {"question": "?", "answer": answer, "metadata": {"source_dataset": dataset, **metadata}}
    params = {"dataset": dataset, "entry": entry}
    return Problem(id="p", prompt="?", verifier="reasoning_gym", params=params)


PROBLEMS = [
    written("chain_sum", "-4", expression="4 - 1 - 7"),
    written("countdown", "94*4 - 61 - 6", numbers=[6, 61, 94, 4], target=309),
]


@pytest.mark.parametrize(
    "dataset", ["chain_sum", "countdown", "simple_integration", "ab", "game_of_life_halting", "boxnet"]
)
def test_the_probes_hold(sandbox: Sandbox, dataset: str) -> None:
    made = problem(dataset)
    probes = verifier_for(made).probes(made)
    expected = {name: score for name, _, score in probes if score is not None}
    got = {name: verifier_for(made).verify(made, text, sandbox).score for name, text, _ in probes if name in expected}
    assert got == expected
    assert ("answer" in expected) == (dataset not in NO_ANSWER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"dataset": "chain_sums"},
            "field 'params.dataset': no dataset 'chain_sums' in reasoning-gym 0.1.25; did you mean 'chain_sum'?",
        ),
        ({"entry": {"question": "1+1", "metadata": {}}}, "field 'params.entry': 'answer' is missing"),
        ({"entry": {"question": "q", "answer": 3, "metadata": {}}}, "field 'answer': reasoning_gym expects text"),
        (
            {"entry": {"question": "q", "answer": "3", "metadata": {"$odd": 1}}},
            "field 'params.entry': value: unknown tag",
        ),
        ({"entry": "x"}, "field 'params.entry'"),
        ({"score": "all"}, "field 'params.score'"),
    ],
)
def test_a_bad_row_is_refused_before_anything_runs(change: dict[str, Any], message: str) -> None:
    made = row("chain_sum")
    with pytest.raises(ValueError, match="f:1: ") as error:
        parse_problem({**made, "params": {**made["params"], **change}}, "f:1")
    assert message in str(error.value)


def test_a_sandbox_without_the_package_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    made = problem("chain_sum")
    bare = SandboxSection(kind="local")
    with pytest.raises(ValueError, match="add 'reasoning_gym' to sandbox.packages"):
        verifier_for(made).check_sandbox(made, bare)
    verifier_for(made).check_sandbox(made, SECTION)
    box = open_sandbox(bare)
    try:
        with pytest.raises(ValueError, match="add it to sandbox.packages"):
            judge(box, made, "1")
    finally:
        box.close()
    with pytest.raises(VerifierError, match="needs a sandbox"):
        verifier_for(made).verify(made, "1")
    with pytest.raises(ValueError, match="sandbox.packages: unknown 'torch'; known are"):
        SandboxSection(packages=("torch",))
    monkeypatch.setitem(packages.PINS, "reasoning_gym", ("no-such-distribution==1",))
    with pytest.raises(ValueError, match=r"pip install 'temper-rlvr\[reasoning-gym\]'"):
        open_sandbox(SECTION)


def test_rows_without_the_package_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    with pytest.raises(ValueError, match=r"pip install 'temper-rlvr\[reasoning-gym\]'"):
        next(recipe.made("chain_sum", 1, 1, {}))


@pytest.mark.parametrize(
    ("name", "config"), [("no_such", {}), ("chain_sum", {"no_such": 1}), ("chain_sum", {"min_terms": -1})]
)
def test_an_unknown_dataset_or_configuration_is_refused_when_rows_are_made(name: str, config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^reasoning_gym: '{name}' with .* cannot be made"):
        recipe.problems(name, 1, 1, config)


def test_rows_depend_on_no_hash_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ransom_note` walks over a set."""
    first = list(recipe.problems("ransom_note", 5, 3))
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert list(recipe.problems("ransom_note", 5, 3)) == first


def test_other_programs_of_the_box_do_not_see_the_package(sandbox: Sandbox) -> None:
    source = "def f():\n    import reasoning_gym"
    (result,) = sandbox.run(Job(source=source, tests=Call(entry_point="f", calls=(([], {}),))))
    assert result.outcome == "runtime_error"
    assert "ModuleNotFoundError" in result.detail


class Answering:
    """A sandbox whose every job comes out as it was told."""

    def __init__(self, result: Result) -> None:
        self.result = result

    def run(self, job: Job) -> list[Result]:
        return [self.result]

    def close(self) -> None:
        return


@pytest.mark.parametrize("value", [1.0, [1.0], [1.0, True], [1.0, 1], [1.0, None], {"own": 1.0}, None, [1.0, 1.0, 1.0]])
def test_what_is_no_pair_of_floats_is_no_verdict(value: Any) -> None:
    made = problem("chain_sum")
    with pytest.raises(SandboxError, match="the scorer returned"):
        judge(Answering(Result(outcome="finished", value=value)), made, "1")


@pytest.mark.parametrize("given", [1.5, -0.1, float("nan"), float("inf"), "KeyError: 'x'"])
def test_a_score_that_is_none_counts_as_zero(given: float | str) -> None:
    verdict = judge(
        Answering(Result(outcome="finished", value=[1.0, given])), problem("chain_sum", score="partial"), "1"
    )
    assert verdict.score == 0.0


def test_the_fields_are_the_rows_params() -> None:
    assert set(ReasoningGym.model_fields) == {"dataset", "entry", "config", "score"}


@pytest.mark.parametrize("dataset", sorted(GRAMMARS))
@pytest.mark.parametrize(
    "unit",
    ["E+", "E", "1 ", " ", "( ", "1, ", "- 1", "0", "a", "'a'", "[", "x**2", ")**2", "+ ", "1 i", "\u2212", ". "],
)
def test_no_answer_holds_the_gate_up(dataset: str, unit: str) -> None:
    """An exponential pattern would not come back from any of these; a cubic one would take seconds."""
    begin = time.process_time()
    for tail in ("C.", "?", "1?", ")"):
        assert isinstance(refused(dataset, (unit * 1_000)[:990] + tail), str)
    assert time.process_time() - begin < 1
