"""Pages of docs/ that are followed to the letter: their files, and what their commands print."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""(kind, file, text)"""
PROGRAMS = os.environ.get("TEMPER_PROGRAMS", str(Path(sys.executable).parent))
"""Where `python` and `temper` of an install are, this one's unless another is tried."""


def say(folder: Path, session: str) -> None:
    """Each `$ command` prints what stands below it, `...` for anything."""
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    for command, wanted in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", session, re.MULTILINE):
        done = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S602
        assert doctest.OutputChecker().check_output(wanted, done.stdout, doctest.ELLIPSIS), done.stdout
