"""Keeps what the solution wrote out of the tests' process: no import finds it, and nothing opens the solution's folder.

The tests' process shares a file system with the solution, and tests add folders to `sys.path` (`"."`, that of
`__file__`). So no module is looked for in a folder that a solution may write, no code of such a file is run, and
the working folder is one where nobody writes. A text that the tests themselves read elsewhere and run is not seen.
"""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn


class _NothingHere:
    """The finder of a folder that holds no module."""

    def find_spec(self, name: str, target: Any = None) -> None:
        return None

    def invalidate_caches(self) -> None:
        return None


def put_up(box: str, spaces: Iterable[str], refuse: Callable[[str], NoReturn]) -> None:
    """From here on `refuse(reason)` ends the tests at a look into `box` and at code of a file in `spaces`."""
    fenced = [box, *spaces]

    def finder(path: str) -> _NothingHere:
        if within(path or os.getcwd(), fenced):
            return _NothingHere()
        raise ImportError(path)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], (str, bytes)) and within(args[0], [box]):
            refuse("the tests opened a file of the solution")
        if event == "exec" and within(args[0].co_filename, fenced):
            refuse("the tests ran a file of the solution")

    os.chdir("/")
    sys.path_hooks.insert(0, finder)
    for path in fenced:
        sys.path_importer_cache.pop(path, None)
    sys.addaudithook(watch)


def within(path: str | bytes, folders: Iterable[str]) -> bool:
    found = os.path.realpath(os.fsdecode(path))
    return any(found == folder or found.startswith(folder + "/") for folder in map(os.path.realpath, folders))
