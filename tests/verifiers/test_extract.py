"""Where the answer and the program stand in a completion."""

import pytest

from temper.sandboxes.box import languages
from temper.verifiers.code import IDLE
from temper.verifiers.reading.extract import find_answer
from temper.verifiers.reading.program import LANGUAGES, find_program


@pytest.mark.parametrize(
    ("completion", "found"),
    [
        ("\\boxed{5}", "5"),
        ("first \\boxed{4}, no: \\boxed{5}", "5"),
        ("\\boxed{5} so the answer is 6", "5"),
        ("\\boxed{\\frac{1}{2}} is it", "\\frac{1}{2}"),
        ("\\boxed{\\{1,2\\}}", "\\{1,2\\}"),
        ("\\fbox{5}", "5"),
        ("\\boxed 5", "5"),
        ("\\boxed{5", None),
        ("\\boxed{4} then \\boxed{5", None),
        ("\\boxed{}", None),
        ("\\boxed{4} and \\boxed{ }", None),
        ("<think>\\boxed{4}</think>\\boxed{5}", "5"),
        ("<think>\\boxed{4}</think>", None),
        ("<think>\\boxed{4}", None),
        ("<think>a</think>\\boxed{5}<think>", None),
        ("no opening \\boxed{4}</think>\\boxed{5}", "5"),
        ("<think>a</think> <think>b</think> 5", "5"),
        ("", None),
        (" \n\t", None),
        ("48/2 = 24\n48+24 = 72\n#### 72", "72"),
        ("#### 71\n#### 72", "72"),
        ("#### 1,234 ", "1,234"),
        ("####", None),
        ("The answer is 72.", "72"),
        ("The answer is: 72 clips. She sold 48 first.", "72 clips"),
        ("**Final Answer:** **72**", "72"),
        ("Final answer\n\n72", "72"),
        ("answer: $3, 4$.", "$3, 4$"),
        ("The answer is 3.5.", "3.5"),
        ("answer = 7", "7"),
        ("The answer is 71. Wait, the answer is 72", "72"),
        ("To answer this, add 3 and 4.\nThat gives 7", "7"),
        ("line one\nSo $x = 5$ holds.", "x = 5"),
        ("line one\nSo $x = 5$, or 6", "6"),
        ("line one\nwe get \\(x+1\\).", "x+1"),
        ("line one\nit costs $1,250.", "$1,250"),
        ("line one\nabout -3.5 degrees", "-3.5"),
        ("line one\nabout 25%.", "25%"),
        ("line one\nno value", None),
        ("x+1", "x+1"),
    ],
)
def test_the_answer_is_found_by_stated_priority(completion: str, found: str | None) -> None:
    answer = find_answer(completion)
    text = answer.text if answer.reason != "the whole text" or answer.text == found else answer.value
    assert text == found, answer
    assert answer.reason


@pytest.mark.parametrize(
    ("completion", "source"),
    [
        ("```python\nprint(1)\n```", "print(1)\n"),
        ("```py\nprint(1)\n```\nand\n```python\nprint(2)\n```", "print(2)\n"),
        ("```python\nprint(1)\n```\noutput:\n```\n1\n```", "print(1)\n"),
        ("```\nprint(1)\n```", "print(1)\n"),
        ("```Python 3\nprint(1)\n```", "print(1)\n"),
        ("~~~python\nprint(1)\n~~~", "print(1)\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("print(1)\n", "print(1)\n"),
        ("<think>```python\nprint(0)\n```</think>```python\nprint(1)\n```", "print(1)\n"),
        ("<think>```python\nprint(0)\n```</think>print(1)", "print(1)"),
        ("<think>\n```python\nprint(0)\n```", None),
        ("```python\nprint(1)\n```\n```python\nprint(2)", None),
        ("```python\nprint(1)", None),
        ("```cpp\nint main(){}\n```", None),
        ("```python\n\n```", None),
        ("", None),
        (" \n ", None),
        ("```python\nx = '\0'\n```", None),
        ("```python\nx = '\ud800'\n```", None),
        ("```python\n# " + "x" * 300_000 + "\n```", None),
    ],
)
def test_the_program_is_the_last_closed_block_of_its_language(completion: str, source: str | None) -> None:
    program = find_program(completion)
    assert program.source == source
    assert (source is None) == bool(program.reason)


@pytest.mark.parametrize(
    ("language", "infos"),
    [
        ("python", ["python", "py", "Python3"]),
        ("bash", ["bash", "sh", "shell"]),
        ("c", ["c", "C"]),
        ("cpp", ["cpp", "c++", "C++", "cc", "c++17", "{.cpp}"]),
        ("javascript", ["javascript", "js", "node", "JavaScript"]),
        ("typescript", ["typescript", "ts", "TypeScript"]),
        ("jsx", ["jsx", "tsx", "JSX", "react"]),
        ("css", ["css", "CSS", "main.css"]),
        ("java", ["java", "Java", "java title=Main.java"]),
        ("kotlin", ["kotlin", "kt"]),
        ("go", ["go", "golang"]),
        ("rust", ["rust", "rs"]),
        ("php", ["php"]),
        ("csharp", ["csharp", "cs", "c#", "C#"]),
    ],
)
def test_a_fence_names_its_language_in_the_usual_ways(language: str, infos: list[str]) -> None:
    kin = language in ("jsx", "javascript", "typescript")
    for info in infos:
        completion = f"First:\n```{info}\nmine\n```\nIt prints\n```text\n3\n```\n"
        assert find_program(completion, language).source == "mine\n"
        # a component may stand in a block of either language that it is written in
        others = [name for name in LANGUAGES if name not in {language, "jsx" if kin else ""}]
        assert all(find_program(completion, name).source is None for name in others)
    assert LANGUAGES.keys() == languages.LANGUAGES.keys() == IDLE.keys()
