"""Where the program of a completion stands: what is taken, and why nothing is."""
# tables, one case a line
# ruff: noqa: E501

import pytest

from temper.verifiers.reading.program import find_program

CODE = "print(1)\n"
FOUND = {
    "the text": ("print(1)\n", "python"),
    "a block": (f"Here:\n```python\n{CODE}```\nDone.", "python"),
    "a block without a name": (f"```\n{CODE}```", "python"),
    "the last of the language": (f"```py\n2\n```\n```python\n{CODE}```", "python"),
    "named before unnamed": (f"```python\n{CODE}```\n```\n2\n```", "python"),
    "another language behind it": (f"```python\n{CODE}```\nRun:\n```bash\npython a.py\n```", "python"),
    "after thinking": (f"<think>\n```python\n2\n```\n</think>\n```python\n{CODE}```", "python"),
    "a stray closing fence": (f"{CODE}```", "python"),
    "a stray closing fence and blanks": (f"{CODE}\n```\n\n", "python"),
    "a stray closing fence after blocks": (f"```python\n{CODE}```\nDone.\n```", "python"),
    "in a list": ("- It:\n  ```python\n  print(1)\n  ```\n", "python"),
    "deep in a list": ("- a\n  - b\n    - It:\n      ~~~~ Python\n      print(1)\n      ~~~~\n", "python"),
    "indented by four": ("It:\n\n    ```python\n    print(1)\n    ```\n", "python"),
    "CRLF": ("```python\r\nprint(1)\r\n```\r\n", "python"),
    **{info: (f"```{info}\n{CODE}```\n```text\n1\n```", "python") for info in ("python:main.py", "python,linenos", "python{1,3}", "python3.11", "Python 3", "{.python}", "py3", "main.py", "title='a.py'", ":a.py", "12:20:src/a.py")},
    **{info: (f"```{info}\n{CODE}```\n```python\n2\n```", "cpp") for info in ("c++17", "cpp20", "C++", "cc", "a.cpp", "cpp:a.h")},
    **{info: (f"```{info}\n{CODE}```", "c") for info in ("c", "C11", "c99", "a.c")},
    **{info: (f"```{info}\n{CODE}```", "csharp") for info in ("c#", "C#12", "cs", "csharp")},
    "php8.3": (f"```php8.3\n{CODE}```", "php"),
}  # fmt: skip
NONE = {
    "empty": ("", "empty"),
    "blanks": (" \n", "empty"),
    "nothing after thinking": ("<think>a</think>\n", "nothing after </think>"),
    "thinking that never ends": (f"<think>\n{CODE}", "no </think>"),
    "cut": (f"```python\n{CODE}", "the last code block is cut"),
    "cut after another": (f"```python\n{CODE}```\nBetter:\n```python\nprint(", "the last code block is cut"),
    "cut without a name": (f"Text\n```\n{CODE}", "the last code block is cut"),
    "closed behind the program": ("```python\nprint(1)```", "the last code block is cut"),
    "another language": (f"```js\n{CODE}```", "no code block in python, the last one is 'js'"),
    "a name that begins like it": (f"```pythonic\n{CODE}```", "the last one is 'pythonic'"),
    "an empty block": ("```python\n\n```", "the program is empty"),
    "a stray fence alone": ("```\n", "the program is empty"),
    **{f"an info string of {blank!a}": (f"```{blank}\n\n```\n", "the program is empty") for blank in ("\xa0", "\u3000", "\x85", "\x1c", "\u2028")},
    "a NUL": ("```python\na\0\n```", "a NUL"),
    "a lone surrogate": ("```python\n'\ud800'\n```", "a lone surrogate"),
    "too long": ("#" * 300_000, "more than 262144"),
}  # fmt: skip


@pytest.mark.parametrize("completion, language", FOUND.values(), ids=FOUND)
def test_the_program_is_found_as_it_was_meant(completion: str, language: str) -> None:
    source = find_program(completion, language).source
    assert source is not None and source.strip() == CODE.strip()


@pytest.mark.parametrize("completion, why", NONE.values(), ids=NONE)
def test_where_there_is_none_the_reason_says_so(completion: str, why: str) -> None:
    found = find_program(completion)
    assert found.source is None and why in found.reason


def test_a_program_without_fences_keeps_those_of_its_docstring() -> None:
    source = 'def f(x):\n    """Doubles.\n\n    ```python\n    f(1)\n    ```\n    """\n    return 2 * x\n'
    assert find_program(source).source == source
