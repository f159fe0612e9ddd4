"""`temper verifier new NAME`: a small verifier that works, and its test file, to be changed into one's own.

In a clone of the project that is `verifiers/NAME.py`, its line in the table and `tests/verifiers/test_NAME.py`;
anywhere else `NAME.py` and `test_NAME.py` in the current folder, and a row names `NAME:Class`, where the recipe is
beside it or lists it. What is written passes
lint, types and its own tests as it stands. Nothing is overwritten, and a failure leaves nothing behind.
"""

import ast
import importlib.util
import keyword
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template

from temper.policy.atomic import write_atomic
from temper.verifiers.table import VERIFIERS

MAX_NAME = 30
"""Characters, so that no line that is written passes the limit of lint."""
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_IMPORTED = {"Probe", "Problem", "Sandbox", "Verdict", "Verifier"}
_COMPOSED = {"sum", "gate", "row"}
"""What a composition calls its own."""
_TABLE = "VERIFIERS: dict[str, str] = {\n"

VERIFIER = '''"""Accepts a completion whose last line is the row's answer.

The last line is that of the text after `</think>`, where there is one. Blanks around it do not count.
"""

from temper.mistakes import shortened
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Sandbox, Verifier


class $class_name(Verifier):
    ignore_case: bool = True
    """Whether capital and small letters are the same."""

    def check(self, problem: Problem) -> None:
        answer = problem.answer
        if not isinstance(answer, str) or not answer.strip() or "\\n" in answer:
            got = shortened(answer)
            raise ValueError(f"field 'answer': expected a line, got {got}; write text")

    def verify(
        self,
        problem: Problem,
        completion: str,
        sandbox: Sandbox | None = None,
    ) -> Verdict:
        text = after_thinking(completion)
        if text is None:
            return scored(0.0, "the reasoning does not end: no </think>")
        line = text.strip().rpartition("\\n")[2]
        same = self._plain(line) == self._plain(self._wanted(problem))
        return scored(float(same), f"the last line is {line!r:.80}")

    def _wanted(self, problem: Problem) -> str:
        return str(problem.answer).strip()

    def _plain(self, text: str) -> str:
        return text.strip().casefold() if self.ignore_case else text.strip()

    def probes(self, problem: Problem) -> list[Probe]:
        answer = self._wanted(problem)
        prompt = str(problem.messages()[-1].get("content"))
        echoed = None if self._plain(answer) in self._plain(prompt) else 0.0
        return [
            ("answer", answer, 1.0),
            ("answer after thinking", f"<think>\\nhm\\n</think>\\n\\n{answer}", 1.0),
            ("answer while thinking", f"<think>\\n{answer}", 0.0),
            ("answer twice", f"{answer} {answer}", 0.0),
            ("cut", answer[:-1], 0.0),
            ("empty", "", 0.0),
            ("whitespace", " \\n\\t ", 0.0),
            ("garbage", "}{ <|", 0.0),
            ("prompt", prompt, echoed),
            ("sys.exit(0)", "import sys; sys.exit(0)", 0.0),
            ("always equal", "class A:\\n    def __eq__(self, other): return True", 0.0),
            ("1 MB", "x" * 1_000_000, 0.0),
        ]
'''

TESTS = '''"""$name: what must be accepted, and the longer list of what must not."""

import pytest$gap
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict

PLUGINS = Plugins(("$name",))
"""The modules whose classes these rows may name."""


def problem(answer: object = "Oslo", **params: object) -> Problem:
    row = {
        "id": "p",
        "prompt": "What is the capital of Norway?",
        "verifier": "$spec",
        "answer": answer,
        "params": params,
    }
    return parse_problem(row, "row", plugins=PLUGINS)


def judged(row: Problem, completion: str) -> Verdict:
    return verifier_for(row, PLUGINS).verify(row, completion)


PROBLEMS = [problem(), problem("Oslo, Norway"), problem(" 42 ", ignore_case=False)]
"""Rows of every kind that the verifier knows."""

RIGHT = [
    "Oslo",
    " oslo\\n",
    "It is not Bergen.\\nOslo",
    "<think>\\nBergen\\n</think>\\n\\nOslo",
]

WRONG = [
    "",
    " \\n",
    "Bergen",
    "Osl",
    "Oslo.",
    "Oslo or Bergen",
    "Oslo\\nBergen",
    "<think>\\nOslo",
    "<think>\\nOslo\\n</think>\\n",
    "\\u041eslo",
    "Oslo\\x00",
    "\\ud800",
]


@pytest.mark.parametrize("completion", RIGHT)
def test_a_right_answer_is_accepted(completion: str) -> None:
    assert judged(problem(), completion).score == 1.0


@pytest.mark.parametrize("completion", WRONG)
def test_anything_else_scores_0_with_the_reason(completion: str) -> None:
    verdict = judged(problem(), completion)
    assert verdict.score == 0.0
    assert verdict.detail


def test_capital_letters_count_where_the_row_says_so() -> None:
    assert judged(problem(ignore_case=False), "Oslo").score == 1.0
    assert judged(problem(ignore_case=False), "oslo").score == 0.0


@pytest.mark.parametrize("answer", [None, "", " ", 42, ["Oslo"], "Oslo\\nBergen"])
def test_a_row_that_cannot_be_judged_is_refused(answer: object) -> None:
    with pytest.raises(ValueError, match="field 'answer': expected a line"):
        problem(answer)


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_hold(row: Problem) -> None:
    for name, completion, expected in verifier_for(row, PLUGINS).probes(row):
        assert expected is None or judged(row, completion).score == expected, name
'''


def new_verifier(name: str, folder: Path) -> tuple[list[Path], str]:
    """Writes a verifier for someone who works in `folder`: the files, and the `verifier` of a row that names it.

    Raises ValueError for a name that cannot be used or is taken, and where a file cannot be written.
    """
    class_name = _class_name(name)
    root = _clone(folder)
    if root is None:
        _refuse_taken(name, VERIFIERS)
        code, tests, spec, gap = folder / f"{name}.py", folder / f"test_{name}.py", f"{name}:{class_name}", ""
        _refuse_importable(name, code)
        table: dict[Path, str] = {}
    else:
        code, tests, spec, gap = root / f"verifiers/{name}.py", root / f"tests/verifiers/test_{name}.py", name, "\n"
        table = _with_line(root / "verifiers/table.py", name, f"temper.verifiers.{name}:{class_name}")
        _refuse_present((root / "tests").rglob(tests.name))  # pytest takes one module of a name
    _refuse_present([code, code.with_suffix(""), tests])
    words = {"name": name, "class_name": class_name, "spec": spec, "gap": gap}
    _write({code: Template(VERIFIER).substitute(words), tests: Template(TESTS).substitute(words)}, table)
    return [code, tests, *table], spec


def _class_name(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise ValueError(
            f"NAME: expected small letters, digits and single _ between them, at most {MAX_NAME}, got {name!r}; "
            "write it like a module, as in last_word"
        )
    class_name = "".join(part.capitalize() for part in name.split("_"))
    if keyword.iskeyword(name) or keyword.iskeyword(class_name) or class_name in _IMPORTED:
        raise ValueError(
            f"NAME: a word that Python or the verifier's file has a use for, got {name!r}; add a word to it"
        )
    return class_name


def _clone(folder: Path) -> Path | None:
    """The root of the clone of this project that `folder` lies in."""
    for root in (folder, *folder.parents):
        table, project = root / "verifiers/table.py", root / "pyproject.toml"
        if table.is_file() and project.is_file() and 'name = "temper-rlvr"' in project.read_text():
            return root
    return None


def _refuse_taken(name: str, names: Iterable[str]) -> None:
    if name in names or name in _COMPOSED:
        raise ValueError(f"NAME: a verifier of that name is there, got {name!r}; choose another")


def _refuse_present(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists() or path.is_symlink():
            raise ValueError(f"NAME: {path} is there, and nothing is overwritten; choose another name or move it away")


def _refuse_importable(name: str, own: Path) -> None:
    """A module that is found before the file would be taken in its place, or lose its own."""
    found = importlib.util.find_spec(name)
    if found is not None and found.origin != str(own):
        where = found.origin or "a folder"
        raise ValueError(f"NAME: a module of that name can be imported ({where}), got {name!r}; choose another")


def _with_line(path: Path, name: str, target: str) -> dict[Path, str]:
    """The file of the table with one line more, at the table's end."""
    before, opening, rest = path.read_text().partition(_TABLE)
    lines, closing, after = rest.partition("}\n")
    if not (opening and closing):
        raise ValueError(f"{path}: no {_TABLE.strip()!r} to add a line to; bring the file back to what it was")
    _refuse_taken(name, ast.literal_eval("{" + lines + "}"))
    return {path: f'{before}{opening}{lines}    "{name}": "{target}",\n{closing}{after}'}


def _write(new: Mapping[Path, str], changed: Mapping[Path, str]) -> None:
    """New files, then changed ones; what was made is taken back when one cannot be written."""
    made: list[Path] = []
    try:
        for path, text in new.items():
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
        for path, text in changed.items():
            write_atomic(path, text)
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ValueError(f"NAME: cannot be written ({error}); make the folder writable") from error
        raise
