"""Files that tests and solution share: a folder of both, where the tests' text says that it works with files.

It is the working folder of both and holds all that either calls temporary. Either process may have a uid of its
own, so each opens up what it made before the other one looks.
"""

import os
import re

HINTS = re.compile(r"tmp_?path|tmpdir|tempfile|\bopen\(|\bPath\(|chdir|write_text|write_bytes|mkdir|makedirs")
NAME = "shared"


def wanted(text: str) -> bool:
    return HINTS.search(text) is not None


def work_in(folder: str) -> None:
    os.umask(0)
    os.chdir(folder)
    os.environ["TMPDIR"] = folder


def open_up(folder: str) -> None:
    """For the other process: all that this one made."""
    for place, folders, names in os.walk(folder):
        for mode, some in ((0o777, folders), (0o666, names)):
            for path in (os.path.join(place, name) for name in some):
                _allow(path, mode)


def _allow(path: str, mode: int) -> None:
    try:
        found = os.lstat(path)
        if found.st_uid == os.geteuid() and not os.path.islink(path) and found.st_mode & mode != mode:
            os.chmod(path, found.st_mode & 0o7777 | mode)
    except OSError:  # it is gone, or was the other's
        return
