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


def put_up(box: str, spaces: Iterable[str], shared: str, refuse: Callable[[str], NoReturn]) -> None:
    """From here on `refuse(reason)` ends the tests at a look into `box`, `shared` aside, and at code of a file in
    `spaces`."""
    fenced = [box, *spaces]
    library = os.path.dirname(os.__file__) + "/"

    def finder(path: str) -> _NothingHere:
        if within(path or os.getcwd(), fenced):
            return _NothingHere()
        raise ImportError(path)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(args[0], (str, bytes))
        if opened and within(args[0], [box]) and not within(args[0], [shared]):
            refuse("the tests opened a file of the solution")
        if event == "exec" and not (file := args[0].co_filename).startswith(library) and within(file, fenced):
            refuse("the tests ran a file of the solution")

    os.chdir("/")
    sys.path_hooks.insert(0, finder)
    for path in fenced:
        sys.path_importer_cache.pop(path, None)
    sys.addaudithook(watch)


def within(path: str | bytes, folders: Iterable[str]) -> bool:
    if "/" not in (path := os.fsdecode(path)):  # a name in the working folder, where nobody writes
        return False
    found = os.path.realpath(path)
    places = [os.path.realpath(folder) for folder in folders if folder]
    return any(found == place or found.startswith(place + "/") for place in places)
