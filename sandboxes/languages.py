"""The languages of a job: what its file is called, how it is compiled and run, and which Debian packages it
needs.

Python is not in need of a command: its tests are forked from the warm interpreter. One line adds another
language.
"""

from typing import NamedTuple


class Language(NamedTuple):
    file: str
    packages: tuple[str, ...]
    run: tuple[str, ...] = ()
    compile: tuple[str, ...] = ()
    address_limit: bool = False
    """Whether RLIMIT_AS is safe (it breaks Node, the JVM and Go)."""


PYTHON = "python"
LANGUAGES = {
    PYTHON: Language("program.py", ("python3", "python3-pytest"), address_limit=True),
    "bash": Language("program.sh", ("bash",), ("bash", "program.sh"), address_limit=True),
    "cpp": Language("program.cpp", ("g++",), ("./program",), ("g++", "-O2", "-o", "program", "program.cpp"), True),
}
