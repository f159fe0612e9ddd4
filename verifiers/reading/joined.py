"""Program and tests as one source, for `program` tests: where each part stands, and what says that the tests passed.

The row's `code` says by `{{passed}}` where its last test has passed. There stands then a statement that writes to a
descriptor of the sandbox a key and a secret: the key is made for this run and stands in the source alone, the secret is
read at run time from another descriptor. So nothing that is printed, no exit status and nothing seen in an earlier run
says it. Code that shares a process with the tests can say it as well; what becomes of that is `code`'s matter.

A completion is a whole program, with what an honest one has beside its function: a `main` of its own is renamed, a
second copy of an import is left out, exports are not exported.
"""

import re
from typing import Literal

from pydantic import Field

from temper.sandboxes.box.job import SAID, SECRET
from temper.sandboxes.box.languages import COMMON_JS, names_of
from temper.sandboxes.job import Frozen

PASSED = "{{passed}}"
SCRIPTS = frozenset({"bash", "javascript", "typescript", "jsx", "php"})
"""Languages whose files run to their end: there the tests have passed."""
_IN, _OUT = f"/proc/self/fd/{SECRET}", f"/proc/self/fd/{SAID}"
_C = (
    f'{{ char s_[64]; long n_ = read({SECRET}, s_, 64), k_ = write({SAID}, "KEY", 32);'
    f" n_ = k_ + write({SAID}, s_, n_); }}"
)
_NODE = f"require('node:fs').writeSync({SAID}, 'KEY' + require('node:fs').readFileSync({SECRET}, 'latin1'));"
STATEMENTS = {
    "bash": f"builtin printf '%s%s' KEY \"$(< {_IN})\" >&{SAID}",
    "c": _C,
    "cpp": _C,
    "javascript": _NODE,
    "typescript": _NODE,
    "jsx": _NODE,
    # not by /proc, whose links PHP resolves
    "php": f"\\file_put_contents('php://fd/{SAID}', 'KEY' . \\file_get_contents('php://fd/{SECRET}'));",
    "java": (
        f'try (java.io.FileOutputStream f_ = new java.io.FileOutputStream("{_OUT}")) {{ f_.write(("KEY" + new String('
        f'java.nio.file.Files.readAllBytes(java.nio.file.Paths.get("{_IN}")))).getBytes()); }}'
        " catch (java.io.IOException e_) { throw new RuntimeException(e_); }"
    ),
    "kotlin": (
        f'java.io.FileOutputStream("{_OUT}").use {{'
        f' it.write(("KEY" + java.io.File("{_IN}").readText()).toByteArray()) }}'
    ),
    "csharp": (
        # by path: Mono takes only handles that it opened itself
        f'using (var f_ = new System.IO.FileStream("{_OUT}", System.IO.FileMode.Open, System.IO.FileAccess.Write,'
        " System.IO.FileShare.ReadWrite)) { var b_ = System.Text.Encoding.ASCII.GetBytes("
        f'"KEY" + System.IO.File.ReadAllText("{_IN}")); f_.Write(b_, 0, b_.Length); }}'
    ),
    "go": (
        f'{{ s_, _ := temper_os.ReadFile("{_IN}");'
        f' temper_os.NewFile({SAID}, "said").Write(append([]byte("KEY"), s_...)) }}'
    ),
    "rust": (
        f'{{ let s_ = ::std::fs::read_to_string("{_IN}").unwrap();'
        f' let mut f_ = ::std::fs::OpenOptions::new().write(true).open("{_OUT}").unwrap();'
        ' ::std::io::Write::write_all(&mut f_, format!("KEY{}", s_).as_bytes()).unwrap(); }'
    ),
}
"""What says that the tests passed, in each language, with `KEY` for the key."""
_MAIN = re.compile(r"\b(void|int|Task|fun|fn|func)(\s+)[mM]ain(?=\s*\()")
_LIBRARY = re.compile(r"^\s*(?:import|using)\s[^;(]*;[ \t]*$", re.MULTILINE)
_EXPORTED = re.compile(
    r"^export\s+(?:default\s+)?(?=(?:async\s+)?function\b|const\b|let\b|var\b|class\b)", re.MULTILINE
)
_EXPORTS = re.compile(r"^export\s+(?:\{[^}]*\}|default\s+[\w$]+)\s*;?[ \t]*$", re.MULTILINE)
_GO_IMPORT = re.compile(r'^import\s*(?:\(([^)]*)\)|((?:[\w.]+\s+)?"[^"\n]*"))[ \t;]*$', re.MULTILINE)


class ProgramTests(Frozen):
    """Code of the row stands behind the program, in one source."""

    kind: Literal["program"]
    """Asserts of any language."""
    code: str = Field(min_length=1)
    """What stands behind the program and tries it, with `{{passed}}` where the last test has passed; a script without
    it has passed at its end."""
    wrong: tuple[str, ...] = Field(min_length=1)
    """Copies of `code` that no right program passes: in each another expected result is changed. A program that passes
    one of them is not judged by its tests, and scores 0."""
    before: str = ""
    """What stands before the program: imports."""
    holder: str = ""
    """The class that a program has to be in, where the tests derive theirs from it; one that is not is put in it."""
    without: tuple[str, ...] = ()
    """Lines that are left out of the program: imports of what `code` defines itself."""

    def check(self, language: str) -> None:
        """Raises ValueError where no one place says that the tests passed."""
        for name, text in (("code", self.code), *((f"wrong.{i}", text) for i, text in enumerate(self.wrong))):
            number = text.count(PASSED)
            if number > 1 or (number == 0 and language not in SCRIPTS):
                remedy = f"write {PASSED} once, where the last test has passed"
                raise ValueError(f"field 'params.tests.{name}': {number} times {PASSED} in {language}; {remedy}")
        if self.code in self.wrong:
            raise ValueError("field 'params.tests.wrong': is `code` itself; change an expected result in it")


def joined(tests: ProgramTests, code: str, language: str, program: str, key: str) -> str:
    """The source that is run. `code` is the row's or one of `wrong`; the key has 32 characters."""
    statement = STATEMENTS[language].replace("KEY", key)
    code = code.replace(PASSED, statement) if PASSED in code else f"{code}\n{statement}\n"
    left_out = {line.strip() for line in tests.without}
    program = "\n".join(line for line in program.split("\n") if line.strip() not in left_out)
    if language in ("c", "cpp"):
        ours = "#undef main\n#undef NDEBUG\n#undef assert\n#include <assert.h>\n#include <unistd.h>"
        return f"{tests.before}\n#define main main_of_the_program\n{program}\n{ours}\n{code}\n"
    if language in ("javascript", "typescript", "jsx"):
        return _node(language, f"{tests.before}\n{_EXPORTS.sub('', _EXPORTED.sub('', program))}\n{code}\n")
    if language == "php":
        return f"<?php\n{tests.before}\n{_untagged(program)}\n{code}\n"
    if language == "bash":
        return f"{tests.before}\n{program}\n{code}\n"
    program = _MAIN.sub(r"\1\2main_of_the_program", program)
    if language == "go":
        return _go(f"{tests.before}\n{program}\n{code}\n")
    if language == "rust":
        return f"{_new_uses(tests.before, program)}\n{program}\n{code}\n"
    program = re.sub(r"^\s*package\s[^;\n]*;?", "", program, count=1)
    return f"{tests.before}\n{_held(program, tests.holder)}\n{code}\n"


def _node(language: str, source: str) -> str:
    """A program that imports is a module, which has no `require`."""
    is_module = language == "javascript" and names_of(language, source)["file"].endswith(".mjs")
    return f"{COMMON_JS}\n{source}" if is_module else source


def _untagged(program: str) -> str:
    return re.sub(r"\?>\s*\Z", "", re.sub(r"\A\s*<\?php\b", "", program))


def _new_uses(before: str, program: str) -> str:
    """Of the `use` lines those whose last name the program does not use itself: Rust takes a name once."""
    kept = []
    for line in before.splitlines():
        names = re.findall(r"\w+", line)
        if not names or not re.search(rf"^\s*(?:pub\s+)?use\b[^;]*\b{names[-1]}\b", program, re.MULTILINE):
            kept.append(line)
    return "\n".join(kept)


def _go(source: str) -> str:
    """One package clause and each import once."""
    source = re.sub(r"^package\s+\w+[ \t;]*$", "", source, flags=re.MULTILINE)
    names = dict.fromkeys(['temper_os "os"'])
    for group, single in _GO_IMPORT.findall(source):
        names |= dict.fromkeys(line.split("//")[0].strip(" \t;") for line in (group or single).splitlines())
    imports = "".join(f"import {name}\n" for name in names if name)
    return f"package main\n\n{imports}{_GO_IMPORT.sub('', source)}"


def _held(program: str, holder: str) -> str:
    """The program in its class, which others may be derived from."""
    if not holder:
        return program
    opened = re.compile(rf"\b(?:(?:final|static|sealed)\s+)*(?=class\s+{re.escape(holder)}\b)")
    if opened.search(program):
        return opened.sub("", program, count=1)
    libraries = "\n".join(_LIBRARY.findall(program))
    return f"{libraries}\nclass {holder} {{\n{_LIBRARY.sub('', program)}\n}}\n"
