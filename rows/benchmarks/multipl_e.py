"""MultiPL-E (nuprl/MultiPL-E, configs humaneval-LANGUAGE and mbpp-LANGUAGE; arXiv 2208.08227) for `code`, tests of kind
`program`, in the nine languages of `LANGUAGES`.

Fields: `name`, `language`, `prompt` (imports, comment and signature), `tests` (what stands behind the body; it closes
the body where the language has braces), `stop_tokens`, `doctests`, `original`, `prompt_terminology`; in the copies of
DeepSeek-Coder and evalchemy `task_id`, `language`, `prompt`, `test`. The prompt here asks for the whole function in a
block, so `stop_tokens`, which cut what a base model continues, have no use.
Scoring rule there: prompt, completion and tests are one program, and its exit status 0 is the verdict (in C# no "Fail"
on stderr, in Go `go test`). Here the tests have to say that they passed (`verifiers.reading.joined`), and a copy of
them in which one assertion expects the result of another must not. Java's and C#'s assertions are made statements that
throw, for theirs do nothing unless asked to; Go's test runs in a program of its own; the pairs of javatuples, which no
sandbox has, are defined behind the program.
Refused: other languages, and rows with an assertion that is not of MultiPL-E's form (a text with a broken line).
Licence: BSD-3-Clause with a fourth clause, "the contents of this repository may not be used as training data".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from temper.rows.fields import text
from temper.rows.licences import Licence
from temper.verifiers.reading.joined import PASSED
from temper.verifiers.rows import RawRow

LICENCE = Licence("BSD-3-Clause, with clause 4", "clause 4: it may not be used as training data")
HUB = ("nuprl/MultiPL-E",)
COPIES = 3
"""Altered copies of the tests that a row has at most."""
ASK = (
    "Complete this {called}. Answer with the whole of it and its imports in one ```{fence} block, without a main"
    " function or tests."
)
_NUMBER = re.compile(r"(?<![\w\"])(-?\d+(?:\.\d+)?)[fFlLdD]?(?!\w)")
_LITERAL = re.compile(r"\b(true|false)\b|\b(True|False)\b|(\d+)(?!.*\d)|(\"(?!\")|\")")
_PARTS = re.compile(r"\"(?:\\.|[^\"\\])*\"|[()]")
"""Texts, and parentheses outside of them."""
PAIRS = """class Pair<A, B> {
    private final A a; private final B b;
    Pair(A a, B b) { this.a = a; this.b = b; }
    static <A, B> Pair<A, B> with(A a, B b) { return new Pair<>(a, b); }
    A getValue0() { return a; }
    B getValue1() { return b; }
    public boolean equals(Object o) {
        return o instanceof Pair && Objects.equals(a, ((Pair<?, ?>) o).a) && Objects.equals(b, ((Pair<?, ?>) o).b);
    }
    public int hashCode() { return Objects.hash(a, b); }
    public String toString() { return "[" + a + ", " + b + "]"; }
}
"""


@dataclass(frozen=True)
class Form:
    """How MultiPL-E writes the tests of a language."""

    language: str
    """What the sandbox calls it."""
    fence: str
    call: str
    """How a line with an assertion begins, up to the parenthesis of the call; a pattern."""
    rest: str
    """What follows the call, to the end of the line, and in it the group `expected`."""
    tests: Callable[[str], str]
    """Makes of the row's tests what stands behind a whole program."""
    libraries: str = ""
    """What of the prompt stands before the program, a pattern of its lines."""
    holder: str = ""
    called: str = "function"


def problem(row: RawRow) -> RawRow:
    language = text(row, "language", "multipl_e")
    form = LANGUAGES.get(language)
    if form is None:
        known = ", ".join(LANGUAGES)
        raise ValueError(f"multipl_e: field 'language': no sandbox has it, got {language!r}; known are {known}")
    name, field = (row.get("name") or row.get("task_id")), "tests" if "tests" in row else "test"
    if not isinstance(name, str) or not name:
        raise ValueError(f"multipl_e: field 'name' must be text, got {name!r:.80}; is this a row of multipl_e?")
    prompt, given = text(row, "prompt", "multipl_e"), text(row, field, "multipl_e")
    copies = [form.tests(copy) for copy in altered(given, form)]
    if not copies:
        raise ValueError(f"multipl_e: field {field!r}: no assertion of {name} can be altered; leave the row out")
    asked = ASK.format(called=form.called, fence=form.fence)
    tests: RawRow = {"kind": "program", "code": form.tests(given), "wrong": copies}
    if form.libraries:
        tests["before"] = "\n".join(re.findall(form.libraries, prompt, re.MULTILINE))
    if form.holder:
        tests["holder"] = form.holder
    if form.language == "java":
        tests["before"] = tests["before"].replace(JAVATUPLES, "")
        tests |= {"without": [JAVATUPLES, "import org.javatuples.Pair;"]}
    return {
        "id": f"multipl-e-{form.fence}-{name}",
        "prompt": f"{asked}\n\n```{form.fence}\n{prompt.strip()}\n```",
        "verifier": "code",
        "params": {"language": form.language, "tests": tests},
        "metadata": {"language": form.language, "set": str(row.get("original") or name)},
    }


def altered(tests: str, form: Form) -> list[str]:
    """Copies of the tests, in each of which one assertion expects another result: that of another assertion, which has
    the same type, else another literal. Raises ValueError where an assertion is not of the language's form."""
    lines = tests.split("\n")
    places = [(number, found) for number, line in enumerate(lines) if (found := _case(line, form))]
    read = {number for number, _ in places}
    for number, line in enumerate(lines):
        if number not in read and (re.match(form.call, line) or line.count('"') % 2):
            raise ValueError(
                f"multipl_e: tests, line {number + 1}: not {form.fence} of MultiPL-E: {line.strip()!r:.80}"
            )
    made = []
    for number, found in places:
        expected = found["expected"]
        others = [other["expected"] for _, other in places if _value(other["expected"]) != _value(expected)]
        other = others[0] if others else _another(expected)
        if other:
            line = found.string[: found.start("expected")] + other + found.string[found.end("expected") :]
            made.append("\n".join([*lines[:number], line, *lines[number + 1 :]]))
    step = max(1, (len(made) + COPIES - 1) // COPIES)
    return made[::-step][:COPIES]


def _case(line: str, form: Form) -> re.Match[str] | None:
    """What follows the call in a line with an assertion, `expected` in it; None for another line."""
    found = re.match(form.call, line)
    if found is None:
        return None
    depth = 1
    for part in _PARTS.finditer(line, found.end()):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        if depth == 0:
            return re.compile(form.rest + r"\Z").match(line, part.end())
    return None


def _value(expected: str) -> list[str]:
    """What is surely different when it is: numbers by value, without casts, types, quotes and order, and what a loose
    equality takes for one another alike."""
    plain = re.sub(r"\((?:float|double|long|int)\)", "", expected)
    plain = re.sub(r"\b(?:true|True)\b", "1", re.sub(r"\b(?:false|False|null|undefined)\b", "0", plain))
    plain = plain.replace('"', " ")
    return sorted(repr(float(n)) for n in _NUMBER.findall(plain)) + sorted(
        re.sub(r"[\s()]", "", _NUMBER.sub("", plain))
    )


def _another(expected: str) -> str:
    """Another literal of the same type; empty where none is seen."""

    def change(found: re.Match[str]) -> str:
        lower, upper, number, _ = found.groups()
        if lower or upper:
            return {"true": "false", "false": "true", "True": "False", "False": "True"}[lower or upper]
        return str(int(number) + 1) if number else '"x'

    made = _LITERAL.sub(change, expected, count=1)
    return made if made != expected else ""


def _braces(tests: str) -> str:
    """Without the brace that closes the body."""
    return re.sub(r"\A\s*\}", "", tests)


def _in_main(tests: str) -> str:
    """The last brace is that of `main`."""
    return re.sub(r"\}\s*\Z", f"    {PASSED}\n}}\n", _braces(tests))


def _derived(header: str, assertion: str, thrown: str) -> Callable[[str], str]:
    """Of tests inside the class of the program a class of their own."""

    def made(tests: str) -> str:
        body = re.sub(assertion, rf"    if (!(\1)) throw new {thrown};", _braces(tests), flags=re.MULTILINE)
        body = re.sub(r"\}\s*\}\s*\Z", f"    {PASSED}\n    }}\n}}\n", body)
        pairs = PAIRS if "Pair." in tests else ""
        return f"{pairs}class Check_ {header} Problem {{{body}"

    return made


def _block(tests: str) -> str:
    """In a block, so that names of the program are no second declaration."""
    return f"{{\n{tests.replace('declare var require: any;', '')}\n{PASSED}\n}}"


def _go(tests: str) -> str:
    test = re.search(r"^func (Test\w*)\(", tests, re.MULTILINE)
    if test is None:
        raise ValueError("multipl_e: tests: no func Test in Go; is this a row of multipl_e?")
    run = f"func(t *testing.T) {{ {test[1]}(t); if !t.Failed() {{ {PASSED} }} }}"
    match = "func(_, _ string) (bool, error) { return true, nil }"
    cases = f'[]testing.InternalTest{{{{Name: "it", F: {run}}}}}'
    return f"{tests}\nfunc main() {{ testing.Main({match}, {cases}, nil, nil) }}\n"


def _ended(tests: str) -> str:
    return f"{tests}\n{PASSED}\n"


JAVATUPLES = "import org.javatuples.*;"
_OBJECT = r"(?: == |\.[eE]quals\()(?P<expected>.*)\);"
_COMMA = r",\s?(?P<expected>.*)\);"
_USING, _IMPORT = r"^using .*;", r"^import .*;"
_PHP = r" !== (?P<expected>.*)\) \{ throw .*\}"
_IN_CS = _derived(":", r"^\s*Debug\.Assert\((.*)\);$", 'Exception("a test failed")')
_IN_JAVA = _derived("extends", r"^\s*assert\((.*)\);$", "AssertionError()")
LANGUAGES = {
    "cpp": Form("cpp", "cpp", r"\s*assert\(candidate\(", _OBJECT, _in_main, r"^#include.*"),
    "cs": Form("csharp", "csharp", r"\s*Debug\.Assert\(\w+\(", _OBJECT, _IN_CS, _USING, "Problem", "method"),
    "go": Form(
        "go", "go", r"\s*\{ actual: candidate\(", r", expected: (?P<expected>.*) \},", _go, r"(?s)^import \(.*?^\)"
    ),
    "java": Form("java", "java", r"\s*assert\(\w+\(", _OBJECT, _IN_JAVA, _IMPORT, "Problem", "method"),
    "js": Form("javascript", "javascript", r"\s*assert\.deepEqual\(candidate\(", _COMMA, _block),
    "php": Form("php", "php", r"\s*if \(candidate\(", _PHP, _ended),
    "rs": Form("rust", "rust", r"\s*assert_eq!\(candidate\(", _COMMA, _in_main, r"^use .*;"),
    "sh": Form("bash", "bash", r"\s*\[\[ \$\(", r" = (?P<expected>.*) \]\]", lambda tests: _ended(_braces(tests))),
    "ts": Form("typescript", "typescript", r"\s*assert\.deepEqual\(candidate\(", _COMMA, _block),
}
"""By the row's `language`."""
LANGUAGES["go_test.go"] = LANGUAGES["go"]
