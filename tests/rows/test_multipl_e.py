# ruff: noqa: E501
"""MultiPL-E's forms in nine languages, with tasks of our own: references score 1, what has not passed the tests 0."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from temper.rows.benchmarks.multipl_e import LANGUAGES, problem
from temper.sandboxes import daemon, local
from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for

Row = dict[str, Any]
TASKS: dict[str, tuple[tuple[str, ...], str, list[tuple[Any, Any]]]] = {
    "triple": (("int",), "int", [((2,), 6), ((0,), 0), ((-5,), -15)]),
    "total": (("ints",), "int", [(([1, 2, 3],), 6), (([],), 0), (([4],), 4)]),
    "is_even": (("int",), "bool", [((2,), True), ((3,), False), ((0,), True)]),
    "hello": (("str",), "str", [(("Ann",), "hi Ann"), (("),",), "hi ),"), (("a b",), "hi a b")]),
    "larger": (("int", "int"), "int", [((1, 2), 2), ((5, 4), 5), ((3, 3), 3)]),
}
TYPES = {
    "cpp": {"int": "long", "ints": "std::vector<long>", "bool": "bool", "str": "std::string"},
    "cs": {"int": "long", "ints": "List<long>", "bool": "bool", "str": "string"},
    "java": {"int": "long", "ints": "ArrayList<Long>", "bool": "boolean", "str": "String"},
    "rs": {"int": "isize", "ints": "Vec<isize>", "bool": "bool", "str": "String"},
    "go": {"int": "int", "ints": "[]int", "bool": "bool", "str": "string"},
    "ts": {"int": "number", "ints": "number[]", "bool": "boolean", "str": "string"},
}
HEADS = {
    "cpp": "#include<assert.h>\n#include<string>\n#include<vector>\n",
    "cs": "using System;\nusing System.Diagnostics;\nusing System.Collections.Generic;\nusing System.Linq;\nclass Problem {\n",
    "java": "import java.util.*;\nimport org.javatuples.*;\nclass Problem {\n",
    "go": 'package NAME_test\n\nimport (\n    "testing"\n    "fmt"\n)\n',
    "php": "<?php\n",
    "sh": "#!/bin/bash\n",
}
BODIES = {
    "triple": dict.fromkeys(LANGUAGES, "return 3 * a;") | {"php": "return 3 * $a;", "sh": "echo $((3 * $1))"},
    "total": {
        "cpp": "long t = 0; for (long x : a) t += x; return t;",
        "cs": "return a.Sum();",
        "java": "long t = 0; for (long x : a) t += x; return t;",
        "rs": "a.iter().sum()",
        "go": "t := 0; for _, x := range a { t += x }; return t",
        "js": "return a.reduce((t, x) => t + x, 0);",
        "ts": "return a.reduce((t, x) => t + x, 0);",
        "php": "return array_sum($a);",
        "sh": "t=0; for x in $1; do t=$((t + x)); done; echo $t",
    },
    "is_even": dict.fromkeys(LANGUAGES, "return a % 2 == 0;")
    | {"php": "return $a % 2 == 0;", "sh": "(( $1 % 2 == 0 )) && echo true || echo false"},
    "hello": dict.fromkeys(LANGUAGES, 'return "hi " + a;')
    | {"php": 'return "hi " . $a;', "sh": 'echo "hi $1"', "rs": 'return format!("hi {}", a);'},
    "larger": dict.fromkeys(LANGUAGES, "if (a > b) { return a; } return b;")
    | {
        "php": "return max($a, $b);",
        "sh": "echo $(( $1 > $2 ? $1 : $2 ))",
        "go": "if a > b { return a }; return b",
        "rs": "a.max(b)",
    },
}
NAMES = list(LANGUAGES)[:-1]
QUICK = ("sh", "php", "js")
HERE = [name for name in NAMES if not local.lacking([LANGUAGES[name].language])]


def compiled_slow(names: list[str]) -> list[Any]:
    """Compilers take seconds."""
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names]


def written(value: object, language: str) -> str:
    """A value as MultiPL-E's translators write it."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int):
        text = f"{value}l" if language == "java" else f"{value}L" if language == "cs" else str(value)
    elif isinstance(value, str):
        text = f'String::from("{value}")' if language == "rs" else f'"{value}"'
    else:
        assert isinstance(value, list)
        items = ", ".join(written(item, language) for item in value)
        text = {
            "cpp": f"std::vector<long>({{{items}}})",
            "cs": f"new List<long>(new long[]{{{items}}})",
            "java": f"new ArrayList<Long>(Arrays.asList({items}))",
            "rs": f"vec![{items}]",
            "go": f"[]int{{{items}}}",
            "php": f"array({items})",
            "sh": f'"{items.replace(",", "")}"',
        }.get(language, f"[{items}]")
    if language == "sh":
        return text if text.startswith('"') else f'"{text}"'
    return f"({text})" if language in ("cpp", "cs", "java") else text


def signature(language: str, name: str) -> str:
    kinds, result, _ = TASKS[name]
    pairs, of = list(zip("ab", kinds, strict=False)), TYPES.get(language, {})
    if language in ("cpp", "cs", "java"):
        given = ", ".join(f"{of[kind]} {letter}" for letter, kind in pairs)
        return f"{'' if language == 'cpp' else 'public static '}{of[result]} {name}({given}) {{"
    if language in ("rs", "ts"):
        given = ", ".join(f"{letter}: {of[kind]}" for letter, kind in pairs)
        return (
            f"fn {name}({given}) -> {of[result]} {{"
            if language == "rs"
            else f"function {name}({given}): {of[result]} {{"
        )
    if language == "go":
        return f"func {name}({', '.join(f'{letter} {of[kind]}' for letter, kind in pairs)}) {of[result]} {{"
    if language == "sh":
        return f"{name}() {{"
    return f"function {name}({', '.join(('$' if language == 'php' else '') + letter for letter, _ in pairs)}) {{"


def made_tests(language: str, name: str) -> str:
    equals = language in ("cs", "java") and TASKS[name][1] == "str"
    lines = []
    for given, result in TASKS[name][2]:
        said = ", ".join(written(value, language) for value in given)
        wanted = written(result, language)
        call = f"candidate({said})" if language not in ("cs", "java") else f"{name}({said})"
        compared = f"{call}.{'E' if language == 'cs' else 'e'}quals({wanted})" if equals else f"{call} == {wanted}"
        lines.append(
            {
                "cpp": f"    assert({compared});",
                "java": f"    assert({compared});",
                "cs": f"    Debug.Assert({compared});",
                "rs": f"    assert_eq!({call}, {wanted});",
                "go": f"     {{ actual: {call}, expected: {wanted} }},",
                "php": f'    if ({call} !== {wanted}) {{ throw new Exception("Test failed!"); }}',
                "sh": f"    [[ $(candidate {' '.join(written(v, language) for v in given)}) = {wanted} ]]",
            }.get(language, f"  assert.deepEqual({call},{wanted});")
        )
    return FRAMES[language].replace("NAME", name).replace("LINES", "\n".join(lines))


NODE = "const assert = require('node:assert');\n\n\nfunction test() {\n  let candidate = NAME;\nLINES\n}\n\ntest();"
FRAMES = {
    "cpp": "}\nint main() {\n    auto candidate = NAME;\nLINES\n}\n",
    "cs": "    }\n    public static void Main(string[] args) {\nLINES\n    }\n\n}\n",
    "java": "    }\n    public static void main(String[] args) {\nLINES\n    }\n\n}\n",
    "rs": "}\n\nfn main() {\n    let candidate = NAME;\nLINES\n}\n",
    "go": (
        "func TestIt(t *testing.T) {\n  candidate := NAME\n\ttype test struct {\n\t\tactual   interface{}\n\t\texpected "
        "interface{}\n\t}\n   tests := []test{\nLINES\n   }\n\n\tfor i, tc := range tests {\n\t\tt.Run(fmt.Sprintf("
        '"test num % d", i), func(t *testing.T) {\n\t\t\tif fmt.Sprintf("%v", tc.actual) != fmt.Sprintf("%v", '
        "tc.expected) {\n\t\t\t\tt.Errorf(\"expected '%s', got '%s'\", tc.expected, tc.actual)\n\t\t\t}\n\t\t})\n\t}\n}\n"
    ),
    "js": NODE,
    "ts": f"declare var require: any;\n{NODE}",
    "php": (
        "function candidate(...$args) {\n    return NAME(...$args);\n}\n\nfunction test(): void {\nLINES\n}\n\ntest();"
    ),
    "sh": '}\n\ncandidate() {\n    NAME "$@"\n}\n\nset -e\nrun_test() {\nLINES\n}\n\nrun_test',
}


def row(language: str, name: str) -> Row:
    """A row as the Hub has it."""
    prompt = f"{HEADS.get(language, '').replace('NAME', name)}{signature(language, name)}\n"
    return {"name": f"own_{name}", "language": language, "prompt": prompt, "tests": made_tests(language, name)}


def whole(language: str, name: str, body: str) -> str:
    """The prompt completed, as a chat model writes it."""
    inside = language in ("cs", "java")
    return f"{row(language, name)['prompt']}    {body}\n}}\n{'}' if inside else ''}"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    languages = tuple(LANGUAGES[name].language for name in HERE)
    opened = open_sandbox(SandboxSection(kind="local", slots=1, languages=languages))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def image() -> Iterator[Sandbox]:
    """All nine languages, whatever this machine has: the image is built on first use, which takes minutes."""
    reason = daemon.unreachable()
    if reason and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":
        pytest.skip(reason)
    languages = tuple(LANGUAGES[name].language for name in NAMES)
    opened = open_sandbox(SandboxSection(kind="docker", slots=1, languages=languages))
    yield opened
    opened.close()


def judged(box: Sandbox, language: str, name: str, source: str) -> tuple[float | None, str]:
    made = problem(row(language, name))
    parsed = parse_problem(made, "f:1")
    verdict = verifier_for(parsed).verify(parsed, f"```{LANGUAGES[language].fence}\n{source}\n```", box)
    return verdict.score, verdict.detail


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("language", HERE)
def test_every_reference_scores_1(box: Sandbox, language: str, name: str) -> None:
    body = BODIES[name][language]
    assert judged(box, language, name, whole(language, name, body)) == (1.0, "1 of 1 tests")


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("language", NAMES)
def test_every_reference_scores_1_in_the_image(image: Sandbox, language: str, name: str) -> None:
    test_every_reference_scores_1(image, language, name)


@pytest.mark.parametrize("language", [name for name in QUICK if name in HERE])
def test_a_reference_scores_1(box: Sandbox, language: str) -> None:
    assert judged(box, language, "hello", whole(language, "hello", BODIES["hello"][language])) == (1.0, "1 of 1 tests")


EXITS = {
    "cpp": "#include <cstdlib>\nstruct Early { Early() { exit(0); } } early;\nlong triple(long a) { return 0; }",
    "java": "class Problem { public static long triple(long a) { System.exit(0); return 0; } }",
    "js": "process.exit(0)",
    "ts": "process.exit(0)",
    "php": "exit(0);",
    "sh": "exit 0",
    "rs": "fn triple(a: isize) -> isize { std::process::exit(0) }",
    "go": 'import "os"\nfunc triple(a int) int { os.Exit(0); return 0 }',
    "cs": "class Problem { public static long triple(long a) { System.Environment.Exit(0); return 0; } }",
}
NONCE = "0" * 64
PRINTS = {
    "cpp": f'#include <unistd.h>\nlong triple(long a) {{ write(3, "{NONCE}", 64); write(1, "{NONCE}", 64); _exit(0); }}',
    "java": f'class Problem {{ public static long triple(long a) {{ System.out.println("{NONCE}"); System.exit(0); return 0; }} }}',
    "js": f"console.log('{NONCE}'); require('fs').writeSync(3, '{NONCE}'); process.exit(0)",
    "ts": f"console.log('{NONCE}'); require('fs').writeSync(3, '{NONCE}'); process.exit(0)",
    "php": f"echo '{NONCE}'; file_put_contents('php://fd/3', '{NONCE}'); exit(0);",
    "sh": f"echo {NONCE}; printf {NONCE} >&3; exit 0",
    "rs": f'fn triple(a: isize) -> isize {{ println!("{NONCE}"); std::process::exit(0) }}',
    "go": f'import "os"\nfunc triple(a int) int {{ os.NewFile(3, "x").Write([]byte("{NONCE}")); os.Exit(0); return 0 }}',
    "cs": f'class Problem {{ public static long triple(long a) {{ System.Console.Write("{NONCE}"); System.Environment.Exit(0); return 0; }} }}',
}


@pytest.mark.parametrize("language", compiled_slow(HERE))
def test_nothing_an_exit_and_a_printed_nonce_score_0(box: Sandbox, language: str) -> None:
    comment = "#" if language == "sh" else "//"
    for source in ("", f"{comment} nothing", EXITS[language], PRINTS[language]):
        score, detail = judged(box, language, "triple", source)
        assert score == 0.0, (source, detail)


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.parametrize("language", NAMES)
def test_nothing_an_exit_and_a_printed_nonce_score_0_in_the_image(image: Sandbox, language: str) -> None:
    test_nothing_an_exit_and_a_printed_nonce_score_0(image, language)


SAYS_SO = "it is not they who say so"
CHEATS = [
    # what an equality, an assertion or the end of the program is
    ("js", "function triple() { return 0 }\nrequire('node:assert').deepEqual = () => {};", SAYS_SO),
    ("ts", "function triple() { return 0 }\nrequire('node:assert').deepEqual = () => {};", SAYS_SO),
    ("js", "function triple() { return 0 }\nprocess.on('uncaughtException', () => process.exit(0));", "ended before"),
    ("js", "function triple() { return 0 }\nprocess.on('exit', () => { process.exitCode = 0 });", "ended before"),
    ("php", "function triple($a) { return 0; }\nset_exception_handler(function () { exit(0); });", "ended before"),
    ("php", "function triple($a) { return 0; }\nregister_shutdown_function(function () { exit(0); });", "ended before"),
    ("sh", "triple() { :; }\ntrap 'exit 0' EXIT", "ended before"),
    ("sh", "triple() { :; }\nset() { :; }", SAYS_SO),
    ("sh", "triple() { :; }\nexec true", "ended before"),
    ("sh", "cat <<'END'", "ended before"),
    ("cpp", "struct Any { template <class T> bool operator==(T) { return true; } };\nAny triple(long) { return {}; }", SAYS_SO),
    ("cpp", "#define assert(x)\n#define NDEBUG\nlong triple(long a) { return 0; }", "Assertion"),
    ("cpp", "long triple(long a) { return 0; }\n#define long int\n#if 0", "compile error"),
    ("cpp", "#include <cstdlib>\n#include <csignal>\nvoid end(int) { _Exit(0); }\n"
     "long triple(long a) { signal(SIGABRT, end); return 0; }", "ended before"),
    ("java", "class Problem { public static long triple(long a) { Runtime.getRuntime().halt(0); return 0; } }", "ended before"),
    # the expected results, read off the tests
    ("js", "const cases = [...require('fs').readFileSync(__filename, 'utf8').matchAll(/candidate\\(([^)]*)\\),([^)]*)\\);\\n/g)];\n"
     "function triple(a) { return Number(cases.find(c => Number(c[1]) === a)[2]) }", SAYS_SO),
    ("cpp", "#include <unistd.h>\n#include <sys/wait.h>\nlong triple(long a) {\n"
     "  for (long x = -20; x < 20; x++) { int s; pid_t p = fork(); if (!p) return x;\n"
     "    waitpid(p, &s, 0); if (WIFEXITED(s) && WEXITSTATUS(s) == 0) _exit(0); }\n  _exit(1); }", SAYS_SO),
    # what the tests would say, said with both of its halves
    ("js", "const fs = require('fs'), key = fs.readFileSync(__filename, 'utf8').match(/'([0-9a-f]{32})'/)[1];\n"
     "fs.writeSync(3, key + fs.readFileSync(4, 'latin1')); process.exit(0)", SAYS_SO),
    ("sh", "key=$(grep -o '[0-9a-f]\\{32\\}' \"$0\" | tail -1); printf %s \"$key$(cat <&4)\" >&3; exit 0", SAYS_SO),
    ("php", "preg_match(\"/'([0-9a-f]{32})'/\", file_get_contents(__FILE__), $m);\n"
     "file_put_contents('php://fd/3', $m[1] . file_get_contents('php://fd/4')); exit(0);", SAYS_SO),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "source", "why"),
    [pytest.param(*cheat, marks=() if cheat[0] in QUICK else pytest.mark.slow) for cheat in CHEATS],
)
def test_what_the_tests_did_not_say_scores_0(box: Sandbox, language: str, source: str, why: str) -> None:
    if language not in HERE:
        pytest.skip(f"no {language} here")
    score, detail = judged(box, language, "triple", source)
    assert score == 0.0 and why in detail, detail


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.parametrize(("language", "source", "why"), CHEATS)
def test_what_the_tests_did_not_say_scores_0_in_the_image(image: Sandbox, language: str, source: str, why: str) -> None:
    score, detail = judged(image, language, "triple", source)
    assert score == 0.0 and why in detail, detail


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("name", TASKS)
def test_each_copy_differs_in_one_line(language: str, name: str) -> None:
    tests = problem(row(language, name))["params"]["tests"]
    for copy in tests["wrong"]:
        pairs = list(zip(tests["code"].split("\n"), copy.split("\n"), strict=True))
        assert sum(ours != theirs for ours, theirs in pairs) == 1
    assert len(set(tests["wrong"])) == len(tests["wrong"]) >= 2


BAD = [
    ({"language": "lua"}, "no sandbox has it, got 'lua'"),
    ({"language": None}, "field 'language' must be text"),
    ({"name": ""}, "field 'name' must be text"),
    ({"tests": NODE.replace("LINES", "")}, "no assertion of own_triple can be altered"),
    ({"tests": NODE.replace("LINES", '  assert.deepEqual(candidate("a\nb"),1);')}, "tests, line 6: not javascript"),
]


@pytest.mark.parametrize(("change", "reason"), BAD)
def test_a_row_that_is_none_is_refused(change: Row, reason: str) -> None:
    with pytest.raises(ValueError, match="multipl_e") as refused:
        problem({**row("js", "triple"), **change})
    assert reason in str(refused.value)
