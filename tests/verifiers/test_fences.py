"""Fenced blocks: what CommonMark takes for one, what it does not, and what models write besides."""
# tables, one case a line
# ruff: noqa: E501

import pytest

from temper.verifiers.reading.fences import JSON, MAX_LINES, read_fences, unfenced
from temper.verifiers.reading.program import find_program

BLOCKS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "backticks": ("```\na\n```", [("", "a\n")]),
    "tildes": ("~~~ py\na\n~~~", [("py", "a\n")]),
    "more of them": ("`````x\n```\na\n```\n`````", [("x", "```\na\n```\n")]),
    "a longer closing fence": ("```\na\n``````", [("", "a\n")]),
    "a shorter one does not close": ("````\na\n```\nb\n````", [("", "a\n```\nb\n")]),
    "tildes do not close backticks": ("```\na\n~~~\n```", [("", "a\n~~~\n")]),
    "an info string does not close": ("```\na\n``` x\n```", [("", "a\n``` x\n")]),
    "blanks behind both": ("```py \t\na\n``` \t ", [("py", "a\n")]),
    "CRLF": ("```json \r\n{\r\n}\r\n```\r\n", [("json", "{\n}\n")]),
    "a lone CR": ("```\ra\r```", [("", "a\n")]),
    "text around": ("Hi\n```\na\n```\nthere\n```b\nc\n```", [("", "a\n"), ("b", "c\n")]),
    "empty": ("```\n```", [("", "")]),
    "empty lines": ("```\n\n\na\n\n```", [("", "\n\na\n\n")]),
    "indented by three": ("   ```\n   a\n     b\n c\n   ```", [("", "a\n  b\nc\n")]),
    "a tab in the text": ("  ```\n\ta\n  ```", [("", "  a\n")]),
    "a tab is kept without indentation": ("```\n\ta\n```", [("", "\ta\n")]),
    "the closing fence indented by three": ("```\na\n   ```", [("", "a\n")]),
    "by four it is text": ("```\na\n    ```\n```", [("", "a\n    ```\n")]),
    "in a list": ("1. Do:\n\n   ```python\n   a\n   ```\n", [("python", "a\n")]),
    "in a list of lists": ("- a\n  - b\n    - c\n      ```x\n      if a:\n          b\n      ```", [("x", "if a:\n    b\n")]),
    "in a wide list": ("10.  Do:\n     ~~~\n     a\n     ~~~", [("", "a\n")]),
    "by four in a list": ("1. Do:\n    ```\n    a\n    ```", [("", "a\n")]),
    "on the line of the item": ("- ```x\n  a\n  ```", [("x", "a\n")]),
    "closed at the margin": ("- a\n  ```\n  b\n```\n", [("", "b\n")]),
    "by four, nothing indented before": ("Here:\n\n    ```python\n    a\n      b\n    ```", [("python", "a\n  b\n")]),
    "by a tab": ("Here:\n\t```\n\ta\n\t```", [("", "a\n")]),
    "a stray one after a block": ("```\na\n```\nb\n```\n\n", [("", "a\n")]),
}  # fmt: skip
NO_BLOCKS = {
    "none": "a\nb",
    "two marks": "``\na\n``",
    "in a line": "Use ```x``` here",
    "a backtick in the info string": "```a`b\nc\n",
    "behind text": "a ```\nb\n",
    "a mix": "``~\na\n``~",
    "in a docstring": 'def f(x):\n    """Doubles.\n\n    ```python\n    >>> f(1)\n    ```\n    """\n    return 2 * x\n',
    "in a docstring, deeper": "class A:\n    '''Doubles:\n\n        ~~~\n        x\n        ~~~\n    '''\n",
    "in a quotation mark": "> ```\n> a\n> ```",
}  # fmt: skip
LANGUAGES = {
    "python": "python", "Python": "python", "python:main.py": "python", "python,linenos": "python", "python{1,3}": "python", "python {1,3}": "python",
    "{python}": "python", "{.python .numberLines}": "python", "{python, echo=FALSE}": "python", "python title=x": "python", "python3.11": "python3.11", "c++17": "c++17", "c#": "c#",
    "python=": "python", "python=5": "python", "python|x": "python", ".py": "py", "src/main.py": "src/main.py", 'python"': "python", "json5 (strict)": "json5",
    "": "", " ": "", "\xa0": "", "\u3000": "", "\x85": "", "\x1c": "", ":main.py": "", "{}": "", "{1,3}": "", "12:20:a.py": "", 'title="main.py"': "", "filename=a.py": "", "title": "title",
}  # fmt: skip


@pytest.mark.parametrize("text, blocks", BLOCKS.values(), ids=BLOCKS)
def test_blocks_are_found_whole(text: str, blocks: list[tuple[str, str]]) -> None:
    found = read_fences(text)
    assert [(block.info, block.text) for block in found.blocks] == blocks
    assert found.cut is None


@pytest.mark.parametrize("text", NO_BLOCKS.values(), ids=NO_BLOCKS)
def test_other_text_is_no_block(text: str) -> None:
    found = read_fences(text)
    assert (found.blocks, found.cut, found.beside) == ((), None, text)


@pytest.mark.parametrize("info, language", LANGUAGES.items())
def test_the_info_string_names_a_language_in_every_style(info: str, language: str) -> None:
    """What the blanks of Unicode leave is no name."""
    (block,) = read_fences(f"~~~{info}\na\n~~~").blocks
    assert block.language == language


@pytest.mark.parametrize(
    "text, cut", [("a\n```py\nb", "b\n"), ("```\na\n```\n~~~\nb\n```", "b\n```\n"), ("```json", ""), ("```json\n{}```", "{}```\n")]
)  # fmt: skip
def test_a_last_block_that_never_closes_is_told_apart(text: str, cut: str) -> None:
    found = read_fences(text)
    assert found.cut is not None and found.cut.text == cut


def test_a_fence_that_nothing_follows_closes_one_of_the_prompt() -> None:
    assert read_fences("a\nb\n```\n \n").beside == "a\nb\n"
    assert read_fences("a\nb\n```\n \n").cut is None


def test_what_stands_beside_the_blocks_stays_as_it_is() -> None:
    assert read_fences("a\r\n```\nb\n```\n c\n").beside == "a\r\n c\n"


def test_a_text_that_is_one_block_is_what_the_block_holds() -> None:
    assert unfenced(" \n```json\n1\n```\n\n", JSON) == "1\n"
    assert unfenced("1\n```", JSON) == "1\n"
    for other in ("1", "a\n```json\n1\n```", "```json\n1\n```\n```json\n2\n```", "```python\n1\n```", "```json\n1"):
        assert unfenced(other, JSON) == other


def test_a_text_with_fences_and_more_lines_than_anybody_reads_has_no_blocks() -> None:
    short, long = ("```python\n" + "a\n" * lines + "```" for lines in (MAX_LINES - 1, MAX_LINES))
    assert len(read_fences(short).blocks) == 1
    assert read_fences(long).blocks == () and read_fences(long).beside == long
    assert find_program(short).source == "a\n" * (MAX_LINES - 1)
    assert find_program(long).reason == f"more than {MAX_LINES} lines with code blocks among them"
    assert find_program("a\n" * (MAX_LINES + 1)).source is not None
