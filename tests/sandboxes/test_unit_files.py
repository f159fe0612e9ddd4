"""Test files in the styles of public projects (`unit-files/`): a right solution passes, a wrong one scores 0, and a
file that asks for what cannot cross abstains with the reason, whatever solves it.

A file holds the tests, then after `# ---- right` and `# ---- wrong` a solution each. Its first lines may say
`# entry_points: NAMES`, and `# abstains: WORD` of the reason. Every program is judged by the verifier, with the right
solution in the row as well, as an audit would have it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from temper.sandboxes.job import Sandbox
from temper.verifiers.code import Code
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict

FILES = sorted((Path(__file__).parent / "unit-files").glob("*.py"))
QUICK = ("callbacks_apply", "capsys_greeting", "dates_and_times", "eval_of_repr", "stack_unittest")
LEAST, LEAST_RIGHT = 60, 55


@dataclass(frozen=True)
class UnitFile:
    name: str
    code: str
    entry_points: tuple[str, ...]
    abstains: str
    right: str
    wrong: tuple[str, ...]

    def judged(self, source: str, box: Sandbox, **params: str) -> Verdict:
        tests = {"kind": "unit", "code": self.code, "entry_points": self.entry_points}
        row = {"tests": tests, "time_limit_s": 20, **params}
        prompt = f"Write {', '.join(sorted(set(re.findall(r'[A-Za-z_]+', self.code))))}."
        problem = Problem(id=self.name, prompt=prompt, verifier="code", params=row)
        return Code.model_validate(row).verify(problem, f"~~~~python\n{source}\n~~~~", box)


def read(path: Path) -> UnitFile:
    code, *parts = re.split(r"^# ---- (?=right$|wrong$)", path.read_text("utf-8"), flags=re.MULTILINE)
    right = [part.removeprefix("right\n") for part in parts if part.startswith("right")]
    wrong = tuple(part.removeprefix("wrong\n") for part in parts if part.startswith("wrong"))
    header = dict(re.findall(r"\A(?:#.*\n)*?# (entry_points|abstains): (.*)", code))
    assert len(right) == 1 and wrong, path
    return UnitFile(
        path.stem, code, tuple(header.get("entry_points", "").split()), header.get("abstains", ""), right[0], wrong
    )


def mistakes(file: UnitFile, box: Sandbox) -> list[str]:
    found = []
    for source in (file.right, *file.wrong):
        of_row = {} if source is file.right else {"solution": file.right}
        verdict = file.judged(source, box, **of_row)
        if file.abstains:
            right = verdict.outcome == "abstained" and file.abstains in verdict.detail
        else:
            right = verdict.score == float(source is file.right) and bool(verdict.detail)
        if not right:
            which = "right" if source is file.right else f"wrong {file.wrong.index(source)}"
            found.append(f"{file.name}, {which}: {verdict}")
    return found


def test_the_files_are_many_and_most_are_judged() -> None:
    files = list(map(read, FILES))
    assert len(files) >= LEAST
    assert sum(not file.abstains for file in files) >= LEAST_RIGHT


@pytest.mark.parametrize("name", QUICK)
def test_a_file_of_each_sort_is_judged(local_box: Sandbox, name: str) -> None:
    assert mistakes(next(file for file in map(read, FILES) if file.name == name), local_box) == []


@pytest.mark.whole
@pytest.mark.docker
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_judged_or_says_why_not(docker_box: Sandbox, path: Path) -> None:
    assert mistakes(read(path), docker_box) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_judged_in_local_too(local_box: Sandbox, path: Path) -> None:
    assert mistakes(read(path), local_box) == []


@pytest.mark.parametrize(
    "path",
    # One of them takes as long as all others together.
    [pytest.param(p, marks=pytest.mark.slow if p.stem == "linked_list_leetcode" else pytest.mark.whole) for p in FILES],
    ids=lambda path: path.stem,
)
def test_an_answer_that_is_equal_to_everything_scores_0(local_box: Sandbox, path: Path) -> None:
    """As the audit probes it: an integer, an object, objects in a list and in a dictionary, classes of such objects."""
    file = read(path)
    if file.abstains:
        pytest.skip("judges nothing")
    row = {"tests": {"kind": "unit", "code": file.code, "entry_points": file.entry_points}, "solution": file.right}
    problem = Problem(id=file.name, prompt=file.right, verifier="code", params=row)
    verifier = Code.model_validate(row)
    equal = [(name, text) for name, text, _ in verifier.probes(problem) if "equal" in name]
    assert len(equal) == 4
    assert [(name, verifier.verify(problem, text, local_box).score) for name, text in equal] == [
        (name, 0.0) for name, _ in equal
    ]
